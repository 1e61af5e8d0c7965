"""Whatever is found, the configuration that is written can be served."""

import re

import pytest

from proxy.config.load import parse
from proxy.start.discovery import Accelerator, Found, Server
from proxy.start.known import known
from proxy.start.proposal import config, fitting, summary

KNOWN = known()
NOTHING = Found((), (), (), None, None)
OLLAMA = Server("ollama", "http://127.0.0.1:11434", ("llama3.2:3b", "nomic-embed-text", *(f"m{n}" for n in range(9))))
STUDIO = Server("lm-studio", "http://127.0.0.1:1234", ("llama3.2:3b", "qwen/qwen3-8b"))
MUCH = Found(
    credentials=tuple(KNOWN.providers),
    servers=(OLLAMA, STUDIO),
    files=("hf:a/b/c.gguf", "/models/d.gguf"),
    accelerator=Accelerator("cuda", "NVIDIA L4", 24 << 30),
    memory=64 << 30,
)


@pytest.mark.parametrize("found", [NOTHING, MUCH], ids=["nothing", "much"])
def test_what_is_proposed_is_in_order(found: Found) -> None:
    served = parse(config(found, KNOWN), dict.fromkeys(found.credentials, "sk-1"), "config.yaml")
    assert {"local", "encoder"} <= served.providers.keys()
    assert {"demo", "all-minilm-l6-v2"} <= served.models.keys()


def test_each_credential_brings_its_provider() -> None:
    served = parse(config(MUCH, KNOWN), dict.fromkeys(MUCH.credentials, "sk-1"), "config.yaml")
    assert {each.name for each in KNOWN.providers.values()} <= served.providers.keys()
    assert {"gpt-4o", "claude-haiku-5-5", "gemini-2.5-flash", "deepseek-chat"} <= served.models.keys()


def test_what_was_not_found_is_a_comment_that_serves_once_the_mark_is_gone() -> None:
    text = config(NOTHING, KNOWN)
    assert "openai" not in parse(text, {}, "config.yaml").providers
    uncommented = re.sub(r"(?m)^  # (?!No credential)", "  ", text)
    assert "openai" in parse(uncommented, {"OPENAI_API_KEY": "k"}, "config.yaml").providers


def test_the_models_of_other_servers_are_free_and_keep_their_names() -> None:
    served = parse(config(MUCH, KNOWN), dict.fromkeys(MUCH.credentials, "sk-1"), "config.yaml")
    assert served.models["llama3.2:3b"].provider == "ollama"
    assert served.models["lm-studio/llama3.2:3b"].provider == "lm-studio"
    assert "nomic-embed-text" not in served.models


@pytest.mark.parametrize(
    ("memory", "name"),
    [(None, None), (1 << 29, None), (2 << 30, "qwen2.5-0.5b"), (16 << 30, "8B"), (200 << 30, "32B")],
)
def test_the_largest_model_that_fits_is_proposed(memory: int | None, name: str | None) -> None:
    best = fitting(KNOWN, memory)
    assert (best is None) if name is None else (best is not None and name in best.name)


def test_a_gpus_own_memory_counts() -> None:
    small = Found((), (), (), Accelerator("cuda", "NVIDIA L4", 6 << 30), 64 << 30)
    assert "Llama-3.2-3B" in config(small, KNOWN)
    assert "ACCEL=cuda" in "\n".join(summary(small, KNOWN))
