"""A Messages call in chat's words, as an OpenAI-shaped upstream gets it."""

import json
from typing import Any

import pytest

from providers import foreign
from providers.dialects.openai import OpenAI
from providers.errors import CallerError
from providers.words import Sent
from proxy.surfaces import chat
from proxy.surfaces.messages.body import read

MARK = {"type": "ephemeral"}
PNG = {"type": "base64", "media_type": "image/png", "data": "aGk="}
URL = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}


def sent(*turns: Any, dialect: OpenAI | None = None, **fields: Any) -> tuple[Any, tuple[str, ...]]:
    """The body that leaves, and what the client is told that it lacks."""
    messages = [{"role": role, "content": content} for role, content in turns or (("user", "hi"),)]
    body = {"model": "m", "max_tokens": 9, "messages": messages, **fields}
    by = dialect or OpenAI(base_url="http://upstream/v1")
    call = read(json.dumps(body).encode(), {})
    outgoing = by.request(call, Sent("m", max_output=5))
    return json.loads(outgoing.body), tuple(name for name in call.left_out if name not in outgoing.kept)


def test_a_conversation() -> None:
    body, dropped = sent(("user", "hi"), ("assistant", "Hello."), ("user", "bye"), system="Be brief.", stream=True)

    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "bye"},
    ]
    assert (body["max_tokens"], body["stream"], body["stream_options"]) == (5, True, {"include_usage": True})
    assert dropped == ()


def test_calls_results_and_images_that_a_tool_returned() -> None:
    uses = [{"type": "tool_use", "id": f"t{n}", "name": "look", "input": {"n": n}} for n in (1, 2)]
    results = [
        {
            "type": "tool_result",
            "tool_use_id": f"t{n}",
            "content": [{"type": "text", "text": f"view {n}"}, {"type": "image", "source": PNG}],
        }
        for n in (1, 2)
    ]
    body, _ = sent(("user", "look"), ("assistant", uses), ("user", [*results, {"type": "text", "text": "Well?"}]))

    assistant, first, second, images, question = body["messages"][1:]
    assert assistant["content"] is None
    assert assistant["tool_calls"][0]["type"] == "function"
    assert json.loads(assistant["tool_calls"][1]["function"]["arguments"]) == {"n": 2}
    assert first == {"role": "tool", "content": "view 1", "tool_call_id": "t1"}
    assert second == {"role": "tool", "content": "view 2", "tool_call_id": "t2"}
    assert images["role"] == "user"
    assert images["content"][1:] == [URL, URL]
    assert question == {"role": "user", "content": "Well?"}


def test_images_at_the_very_end_follow_too() -> None:
    use = {"type": "tool_use", "id": "t", "name": "look", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image", "source": PNG}]}

    body, _ = sent(("assistant", [use]), ("user", [result]))

    assert [message["role"] for message in body["messages"]] == ["assistant", "tool", "user"]


@pytest.mark.parametrize("knows", [False, True])
def test_marks_go_where_they_are_known_and_are_told_elsewhere(knows: bool) -> None:
    tool = {"name": "f", "input_schema": {"type": "object"}, "cache_control": MARK}
    system = [{"type": "text", "text": "Rules.", "cache_control": MARK}]
    dialect = OpenAI(base_url="http://upstream/v1", cache_control=knows)

    body, dropped = sent(dialect=dialect, tools=[tool], system=system, cache_control=MARK)

    marks = [body, body["tools"][0], body["messages"][0]["content"][0]]
    assert ["cache_control" in each for each in marks] == [knows] * 3
    assert dropped == (() if knows else ("cache_control",))


def test_a_chat_call_is_sent_as_it_came() -> None:
    messages = [{"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": MARK, "odd": 1}]}]
    call = chat.read(json.dumps({"model": "m", "messages": messages}).encode())

    outgoing = OpenAI(base_url="http://upstream/v1").request(call, Sent("m"))

    assert json.loads(outgoing.body)["messages"] == messages


def test_what_an_upstream_cannot_be_asked_is_refused_by_name() -> None:
    with pytest.raises(CallerError) as raised:
        sent(dialect=OpenAI(base_url="http://upstream/v1", refuse=("top_k",)), top_k=5)

    assert raised.value.param == "top_k"


def test_what_chats_words_cannot_say_is_refused_unless_it_is_dropped_as_configured() -> None:
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], "container": "c"}
    call = read(json.dumps(body).encode(), {})

    with pytest.raises(CallerError) as raised:
        foreign.dropped(call, "chat", ())
    assert (raised.value.param, raised.value.code) == ("container", "unsupported_feature")
    assert foreign.dropped(call, "chat", ("container", "top_k")) == ("container",)
    assert foreign.dropped(call, "messages", ()) == ()


def test_top_k_goes_where_it_is_known() -> None:
    assert sent(top_k=5)[0]["top_k"] == 5
    with pytest.raises(CallerError) as raised:
        sent(dialect=OpenAI(base_url="https://api.openai.com/v1"), top_k=5)
    assert raised.value.param == "top_k"
    body, _ = sent(dialect=OpenAI(base_url="https://api.openai.com/v1", drop=("top_k",)), top_k=5)
    assert "top_k" not in body
