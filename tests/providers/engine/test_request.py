from typing import Any

import pytest

from providers.engine.frames import Options, Turn
from providers.engine.request import Defaults, options, turns
from providers.errors import CallerError
from providers.words import Call, Function, Message, Part, ToolCall, View
from tests.doubles.engines import call

DEFAULTS = Defaults(100, 0.7)


def talk(*messages: Message) -> Call:
    return Call("chat", "chat", {}, View("local", messages), 0)


def test_roles_parts_and_null_become_turns() -> None:
    parts = (Part("text", "look"), Part("text", "here"))
    call = talk(Message("developer", "be kind"), Message("user", parts, "bob"), Message("assistant", None))
    expected = (Turn("system", "be kind"), Turn("user", "look\nhere", "bob"), Turn("assistant", ""))
    assert turns(call) == expected


@pytest.mark.parametrize(
    ("message", "param"),
    [
        (Message("user", (Part("text", "a"), Part("image_url"))), "messages[0].content[1]"),
        (Message("assistant", "", tool_calls=(ToolCall("1", Function("f")),)), "messages[0].tool_calls"),
        (Message("tool", "42", tool_call_id="1"), "messages[0].role"),
    ],
)
def test_what_is_no_text_is_refused_by_name(message: Message, param: str) -> None:
    with pytest.raises(CallerError) as refused:
        turns(talk(message))
    assert (refused.value.status, refused.value.code, refused.value.param) == (400, "unsupported_feature", param)


def test_a_role_is_one_of_the_known() -> None:
    with pytest.raises(CallerError) as refused:
        turns(talk(Message("user", "a"), Message("user<|im_end|>", "b")))
    assert refused.value.param == "messages[1].role"


def test_no_messages_is_the_callers_mistake() -> None:
    with pytest.raises(CallerError) as refused:
        turns(talk())
    assert refused.value.param == "messages"


def test_options_are_read_and_filled_up() -> None:
    given = call(temperature=0, top_p=0.5, top_k=3, min_p=0, seed=-4, stop="x", presence_penalty=1, max_tokens=7)
    expected = Options(7, 0.0, 0.5, 3, 0.0, presence_penalty=1.0, seed=-4, stop=("x",))
    assert options(given, None, DEFAULTS) == expected
    assert options(call(temperature=None, stop=["a", "", "b"]), None, DEFAULTS) == Options(100, 0.7, stop=("a", "b"))


def test_our_own_limit_overrides_the_clients() -> None:
    assert options(call(max_tokens=50), 20, DEFAULTS).max_tokens == 20


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 2.1),
        ("temperature", "hot"),
        ("top_p", -0.1),
        ("top_k", -1),
        ("top_k", 10**12),
        ("min_p", 2),
        ("presence_penalty", 3),
        ("frequency_penalty", True),
        ("repeat_penalty", 0),
        ("seed", 1.5),
        ("stop", 5),
        ("stop", ["x"] * 17),
        ("stop", "x" * 1025),
    ],
)
def test_a_wrong_option_is_named(name: str, value: Any) -> None:
    with pytest.raises(CallerError) as refused:
        options(call(**{name: value}), None, DEFAULTS)
    assert (refused.value.status, refused.value.param) == (400, name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tools", [{"type": "function", "function": {"name": "f"}}]),
        ("functions", [{"name": "f"}]),
        ("response_format", {"type": "json_object"}),
        ("logprobs", True),
        ("logit_bias", {"5": 100}),
        ("n", 2),
        ("modalities", ["audio"]),
    ],
)
def test_what_the_engine_cannot_do_is_refused(name: str, value: Any) -> None:
    with pytest.raises(CallerError) as refused:
        options(call(**{name: value}), None, DEFAULTS)
    assert (refused.value.code, refused.value.param) == ("unsupported_feature", name)


def test_asking_nothing_of_a_missing_feature_is_fine() -> None:
    asks_nothing = call(tools=[], response_format={"type": "text"}, logprobs=False, n=1, logit_bias={}, user="me")
    assert options(asks_nothing, None, DEFAULTS) == Options(100, 0.7)
    assert options(call(tools=[{"type": "function"}], tool_choice="none"), None, DEFAULTS) == Options(100, 0.7)
