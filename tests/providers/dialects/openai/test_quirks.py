"""What single upstreams do not know, as data."""

import json
from typing import Any

import msgspec
import pytest

from providers.dialects.openai import OpenAI
from providers.errors import CallerError
from providers.words import Call, Message, Sent, View

TURNS = [{"role": "developer", "content": "be brief"}, {"role": "user", "content": "hi", "name": "x"}]


def sent(body: dict[str, Any], **fields: Any) -> Any:
    """The body that goes upstream with these quirks."""
    raw = json.dumps({"model": "auto", "messages": TURNS, **body}).encode()
    messages = tuple(Message(turn["role"], turn["content"]) for turn in TURNS)
    call = Call("chat", "chat", msgspec.json.decode(raw, type=dict[str, msgspec.Raw]), View("auto", messages), len(raw))
    dialect = OpenAI(base_url="http://127.0.0.1:1/v1", **fields)
    return json.loads(dialect.request(call, Sent("real")).body)


def test_without_quirks_all_passes() -> None:
    body = sent({"seed": 1, "store": True, "n": 2})
    assert body == {"model": "real", "messages": TURNS, "seed": 1, "store": True, "n": 2}


def test_dropped_and_renamed() -> None:
    body = sent({"seed": 1, "store": True}, drop=("store",), rename={"seed": "random_seed"})
    assert body == {"model": "real", "messages": TURNS, "random_seed": 1}


@pytest.mark.parametrize(
    ("name", "value"), [("n", 2), ("logit_bias", {"1": 5}), ("logprobs", True), ("verbosity", "low")]
)
def test_what_would_be_ignored_is_refused(name: str, value: Any) -> None:
    with pytest.raises(CallerError) as raised:
        sent({name: value}, refuse=(name,))
    assert (raised.value.status, raised.value.param, raised.value.code) == (400, name, "unsupported_feature")


@pytest.mark.parametrize(("name", "value"), [("n", 1), ("logit_bias", {}), ("logprobs", False), ("logprobs", None)])
def test_what_asks_for_nothing_is_left_out(name: str, value: Any) -> None:
    assert name not in sent({name: value}, refuse=(name,))


def test_developers_become_the_system() -> None:
    assert sent({}, developer_role=False)["messages"] == [{**TURNS[0], "role": "system"}, TURNS[1]]
