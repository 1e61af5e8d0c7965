"""A LiteLLM configuration becomes one of ours; what has no equal is told, secrets are not."""

import subprocess
import sys
from pathlib import Path

import pytest

from proxy.config.load import parse
from proxy.config.schema import off
from proxy.start.litellm import imported

THEIRS = """
model_list:
  - model_name: gpt-4o
    litellm_params: {model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY, rpm: 60, tpm: 40000}
  - model_name: gpt-4o
    litellm_params: {model: azure/gpt-4o-eu, api_base: "https://x.openai.azure.com", api_key: sk-very-secret-1234}
  - model_name: claude
    litellm_params: {model: anthropic/claude-haiku-4-5, api_key: os.environ/ANTHROPIC_API_KEY}
  - model_name: gemini-2.5-flash
    litellm_params: {model: gemini/gemini-2.5-flash}
  - model_name: bedrock-claude
    litellm_params:
      model: bedrock/anthropic.claude-v1:0
      aws_region_name: eu-central-1
      input_cost_per_token: 0.0000008
      output_cost_per_token: 4e-06
  - model_name: eu
    litellm_params:
      model: azure/gpt-4o-mini
      api_base: https://x.openai.azure.com
      api_key: sk-very-secret-1234
      mock_response: x
      input_cost_per_token: 1.5e-07
      output_cost_per_token: 6e-07
  - model_name: llama
    litellm_params: {model: ollama_chat/llama3.2, api_base: "http://10.0.0.5:11434"}
  - model_name: home
    litellm_params:
      model: openai/my-model
      api_base: http://10.0.0.6:8000/v1
      api_key: none
      input_cost_per_token: 0
      output_cost_per_token: 0
  - {model_name: "*", litellm_params: {model: "openai/*"}}
  - {model_name: odd, litellm_params: {model: sagemaker/odd}}
litellm_settings: {drop_params: true, max_budget: 100, budget_duration: 30d, num_retries: 3}
general_settings: {master_key: sk-master-9876}
router_settings: {routing_strategy: least-busy}
"""
ENVIRON = dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "AZURE_API_KEY"), "a-secret")


@pytest.fixture
def ran(tmp_path: Path) -> "subprocess.CompletedProcess[str]":
    """The command, over THEIRS."""
    (tmp_path / "theirs.yaml").write_text(THEIRS)
    words = [sys.executable, "-m", "proxy", "import", "litellm", str(tmp_path / "theirs.yaml")]
    return subprocess.run(words, capture_output=True, text=True, timeout=60)


def test_it_is_a_configuration_of_ours(ran: "subprocess.CompletedProcess[str]") -> None:
    assert ran.returncode == 0, ran.stderr
    config = parse(ran.stdout, {**ENVIRON, "AWS_BEDROCK_CREDENTIAL": "a:b"}, "ours")
    assert list(config.models) == ["gpt-4o", "claude", "gemini-2.5-flash", "bedrock-claude", "eu", "llama", "home"]
    assert not [name for name, provider in config.providers.items() if off(provider)]
    assert {name: model.provider for name, model in config.models.items()} == {
        "gpt-4o": "openai",
        "claude": "anthropic",
        "gemini-2.5-flash": "gemini",
        "bedrock-claude": "bedrock",
        "eu": "azure",
        "llama": "ollama_chat",
        "home": "openai-2",
    }
    assert config.models["claude"].upstream == "claude-haiku-4-5"
    assert config.models["llama"].price == "free"


def test_prices_budgets_and_paces_come_along(ran: "subprocess.CompletedProcess[str]") -> None:
    config = parse(ran.stdout, ENVIRON, "ours")
    price = config.models["bedrock-claude"].price
    assert price is not None and price != "free"
    assert (price.input, price.output) == (800_000, 4_000_000)
    (budget,) = config.budgets
    assert (budget.window, budget.limit) == ("month", 100 * 10**9)
    (pace,) = config.limits
    assert (pace.model, pace.requests_per_minute, pace.tokens_per_minute) == ("gpt-4o", 60, 40_000)


def test_no_secret_is_copied(ran: "subprocess.CompletedProcess[str]") -> None:
    for secret in ("sk-very-secret-1234", "sk-master-9876"):
        assert secret not in ran.stdout + ran.stderr
    assert "AZURE_API_KEY" in ran.stderr


@pytest.mark.parametrize(
    "what",
    [
        "gpt-4o: its second deployment",
        "*: name each model",
        "odd: the provider",
        "mock_response",
        "drop_params",
        "master_key",
    ],
)
def test_what_has_no_equal_is_told(ran: "subprocess.CompletedProcess[str]", what: str) -> None:
    assert what in ran.stderr


@pytest.mark.parametrize("text", ["", "[]", "a: [", "model: x"])
def test_what_is_no_configuration_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "theirs.yaml").write_text(text)
    words = [sys.executable, "-m", "proxy", "import", "litellm", str(tmp_path / "theirs.yaml")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert "theirs.yaml" in done.stderr


def test_an_address_from_the_environment_stays_one() -> None:
    asked = {"model": "azure/x", "api_base": "os.environ/AZURE_URL"}
    made = imported({"model_list": [{"model_name": "a", "litellm_params": asked}]})
    assert made.providers["azure"]["base_url"].startswith("${AZURE_URL}")


@pytest.mark.parametrize("given", ["os.environ/RPM", "many", True, [], float("nan"), float("inf"), -1])
def test_what_is_no_number_is_told(given: object) -> None:
    asked = {"model": "openai/x", "rpm": given, "input_cost_per_token": given}
    theirs = {"model_list": [{"model_name": "a", "litellm_params": asked}], "litellm_settings": {"max_budget": given}}
    made = imported(theirs)
    assert (made.limits, made.budgets, "price" in made.models["a"]) == ([], [], False)
    assert sum("is no number" in note for note in made.notes) == 3


@pytest.mark.parametrize("entry", [None, {}, {"model_name": "a"}, {"model_name": "a", "litellm_params": "x"}])
def test_an_entry_that_says_no_model_is_told(entry: object) -> None:
    made = imported({"model_list": [entry]})
    assert (made.models, len(made.notes)) == ({}, 1)
    assert imported({"model_list": 5}).models == {}


def test_two_budgets_have_two_names() -> None:
    made = imported({"litellm_settings": {"max_budget": 5}, "general_settings": {"max_budget": "7.5"}})
    assert len({rule["name"] for rule in made.budgets}) == 2
    assert [rule["limit"] for rule in made.budgets] == ["$5", "$7.5"]
