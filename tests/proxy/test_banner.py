"""The banner: every fact an operator needs to ask at once, and no more."""

import json
import shlex
from pathlib import Path

from proxy import banner
from proxy.config.load import load

CONFIG = Path(__file__).resolve().parents[2] / "config.yaml"


def text(key: str | None, openai: str = "", engine: str = "ready, demo") -> str:
    config = load(CONFIG, {"OPENAI_API_KEY": openai})
    facts = banner.Facts(
        url="http://127.0.0.1:8000", config_path=CONFIG, data=Path("/data"), key=key, engines={"local": engine}
    )
    return banner.text(config, facts)


def test_it_says_where_what_and_how() -> None:
    told = text("sk-hp-x")
    assert "listens at http://127.0.0.1:8000\n" in told
    assert "  serves   auto, demo, all-minilm-l6-v2\n" in told
    assert "  engine   local: ready, demo\n" in told
    assert "  off      openai: its credential is empty\n" in told
    assert "  data     /data\n" in told


def test_the_curl_can_be_pasted() -> None:
    told = text("sk-hp-x")
    words = shlex.split(told[told.index("curl") : told.index("Next")])
    assert words[:3] == ["curl", "-N", "http://127.0.0.1:8000/v1/chat/completions"]
    assert "Authorization: Bearer sk-hp-x" in words
    body = json.loads(words[words.index("-d") + 1])
    assert (body["model"], body["stream"]) == ("auto", True)
    assert body["messages"][0]["content"] == "What is the capital of France?"


def test_three_next_steps_and_no_key_without_development() -> None:
    told = text(None)
    assert "sk-hp-" not in told
    assert "halfpenny keys create NAME" in told
    for step in ("OPENAI_API_KEY=", ".gguf", "http://127.0.0.1:11434/v1"):
        assert step in told


def test_a_credential_switches_its_models_on_and_never_shows() -> None:
    told = text("sk-hp-x", openai="sk-secret")
    assert "  serves   auto, demo, all-minilm-l6-v2, gpt-4o-mini, gpt-4o, text-embedding-3-small\n" in told
    assert "off      openai" not in told and "off      anthropic" in told
    assert "sk-secret" not in told


def test_an_engine_that_does_not_load_is_named() -> None:
    assert "local: NOT SERVED: no such file" in text(None, engine="NOT SERVED: no such file")
