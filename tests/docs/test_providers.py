"""Every configuration in docs/providers.md is one that loads, and the quirks it names reach the wire."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from providers.dialects.anthropic import Anthropic
from providers.dialects.openai import OpenAI
from providers.endpoint import Endpoint
from providers.errors import CallerError
from providers.words import Sent
from proxy.config.load import parse
from proxy.config.schema import AnyProvider, off
from proxy.surfaces import chat

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "providers.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
NAMES = re.findall(r"\$\{(\w+):-\}", PAGE)
FULL = dict.fromkeys(NAMES, "a-secret")


def shown(environ: dict[str, str]) -> dict[str, AnyProvider]:
    """All providers of the page."""
    return {name: made for block in BLOCKS for name, made in parse(block, environ, "page").providers.items()}


def asked(provider: str, **fields: Any) -> Any:
    """The body that goes to this provider."""
    turns = [{"role": "developer", "content": "be brief"}, {"role": "user", "content": "hi"}]
    call = chat.read(json.dumps({"model": "m", "messages": turns, **fields}).encode())
    made = shown(FULL)[provider]
    assert isinstance(made, OpenAI | Anthropic)
    return json.loads(made.request(call, Sent("m", max_output=5)).body)


def test_every_block_loads_and_serves_its_models() -> None:
    assert len(BLOCKS) >= 9
    for block in BLOCKS:
        config = parse(block, FULL, "page")
        assert config.models
        assert not [name for name, provider in config.providers.items() if off(provider)]


def test_an_empty_credential_switches_a_provider_off() -> None:
    here = {"ollama", "llama-server", "vllm"}
    assert {name for name, provider in shown({}).items() if not off(provider)} == here


def test_no_credential_shows() -> None:
    for provider in shown(FULL).values():
        assert isinstance(provider, Endpoint)
        assert "a-secret" not in repr(provider)


@pytest.mark.parametrize("provider", ["deepseek", "gemini-openai", "mistral", "openrouter", "ollama", "llama-server"])
def test_the_output_limit_has_the_name_that_is_heeded(provider: str) -> None:
    body = asked(provider, max_completion_tokens=9)
    assert (body["max_tokens"], "max_completion_tokens" in body) == (5, False)


def test_quirks_reach_the_wire() -> None:
    assert [turn["role"] for turn in asked("deepseek")["messages"]] == ["system", "user"]
    assert "store" not in asked("gemini-openai", store=False)
    mistral = asked("mistral", stream=True, seed=3, user="u")
    assert mistral["random_seed"] == 3
    assert not {"seed", "user", "stream_options"} & mistral.keys()
    assert "temperature" not in asked("anthropic", temperature=1.7)
    with pytest.raises(CallerError) as raised:
        asked("ollama", n=2)
    assert raised.value.param == "n"
