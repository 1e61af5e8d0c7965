"""A Messages client's request at a Messages upstream: its own fields, and the refusal of what has no price here."""

import json
from typing import Any

import pytest

from providers import foreign
from providers.dialects.anthropic import Anthropic
from providers.errors import Broken, CallerError
from providers.words import Call, Sent
from proxy.surfaces.messages.body import read

WEB = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
BODY = {
    "model": "claude",
    "max_tokens": 100,
    "system": [{"type": "text", "text": "Rules.", "cache_control": {"type": "ephemeral"}}],
    "messages": [{"role": "user", "content": [{"type": "text", "text": "hi", "citations": None, "new_field": 1}]}],
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "something_new": {"a": [1, 2.50]},
}


def call(**fields: Any) -> Call:
    return read(json.dumps({**BODY, **fields}).encode(), {b"anthropic-beta": b"interleaved-thinking-2025-05-14"})


def dialect(**fields: Any) -> Anthropic:
    return Anthropic(base_url="https://upstream/v1", **fields)


def sent(asked: Call, by: Anthropic | None = None) -> Any:
    return json.loads((by or dialect()).request(asked, Sent("claude-haiku-4-5", max_output=50)).body)


def test_every_field_passes_but_the_model_and_the_cap() -> None:
    assert sent(call()) == {**BODY, "model": "claude-haiku-4-5", "max_tokens": 50}


def test_the_clients_numbers_keep_their_spelling() -> None:
    body = dialect().request(call(temperature=1.0), Sent("m", max_output=50)).body

    assert b'"temperature":1.0' in body
    assert b"2.5" in body


def test_the_clients_beta_header_is_passed_and_null_fields_are_not() -> None:
    outgoing = dialect().request(call(top_k=None), Sent("m"))

    assert ("anthropic-beta", "interleaved-thinking-2025-05-14") in outgoing.headers
    assert ("anthropic-version", "2023-06-01") in outgoing.headers
    assert "top_k" not in json.loads(outgoing.body)


def test_what_is_configured_is_dropped_and_told() -> None:
    by = dialect(drop=("temperature", "top_p"))
    asked = call(temperature=0.5)

    assert "temperature" not in sent(asked, by)
    assert foreign.dropped(asked, "messages", by.drop) == ("temperature",)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [WEB]}, "tools"),
        ({"tools": [{"type": "code_execution_20250825", "name": "c"}]}, "tools"),
        ({"mcp_servers": [{"type": "url"}]}, "mcp_servers"),
        ({"container": "c_1"}, "container"),
        ({"speed": "fast"}, "speed"),
        ({"inference_geo": "us"}, "inference_geo"),
        ({"context_management": {"edits": [{"type": "compact_20260112"}]}}, "context_management"),
        ({"cache_control": {"type": "ephemeral", "ttl": "1h"}}, "cache_control"),
        ({"system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]}, "system"),
    ],
)
def test_what_costs_more_than_its_price_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(CallerError) as raised:
        sent(call(**fields))

    assert (raised.value.param, raised.value.code) == (param, "unsupported_feature")


def test_an_escaped_mark_is_found() -> None:
    body = json.dumps({**BODY, "cache_control": {"type": "ephemeral", "ttl": "1h"}})
    asked = read(body.replace('"ttl"', '"\\u0074tl"').encode(), {})

    with pytest.raises(CallerError):
        sent(asked)


def test_the_operator_may_allow_it() -> None:
    lasting = {"type": "ephemeral", "ttl": "1h"}

    told = sent(call(tools=[WEB], cache_control=lasting, speed="fast"), dialect(refuse=()))

    assert (told["tools"], told["cache_control"], told["speed"]) == ([WEB], lasting, "fast")


def test_what_costs_nothing_more_passes() -> None:
    fields = {
        "tools": [{"name": "f", "input_schema": {}}, {"type": "bash_20250124", "name": "bash"}],
        "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
        "cache_control": {"type": "ephemeral", "ttl": "5m"},
        "speed": "standard",
        "inference_geo": "global",
        "messages": [{"role": "user", "content": 'what is "ttl"?'}],
    }

    assert sent(call(**fields)).items() >= fields.items()


def test_a_count_is_asked_with_what_counts() -> None:
    asked = call(temperature=0.5, stream=True)
    counted = Call(asked.surface, "count", asked.body, asked.view, asked.size, own=asked.own)
    outgoing = dialect().request(counted, Sent("claude-haiku-4-5"))

    assert outgoing.path == "/messages/count_tokens"
    kept = {name: BODY[name] for name in ("system", "messages", "thinking")}
    assert json.loads(outgoing.body) == {"model": "claude-haiku-4-5", **kept}
    reader = dialect().reader(counted)
    reader.feed(b'{"input_tokens": 14}')
    usage = reader.end()[0].usage
    assert usage is not None
    assert usage.input == 14
    broken = dialect().reader(counted)
    broken.feed(b'{"input_tokens": -1}')
    with pytest.raises(Broken):
        broken.end()
