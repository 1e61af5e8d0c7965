"""Blocks of a Messages conversation in the inner words, and what those cannot say."""

import json
from typing import Any

import pytest
from msgspec import Raw

from providers.errors import CallerError
from providers.words import Call, Function, Message, Part, ToolCall
from proxy.surfaces.chat import FILE, IMAGE
from proxy.surfaces.messages.body import read

PNG = {"type": "base64", "media_type": "image/png", "data": "aGk="}
MARK = {"type": "ephemeral"}
USE = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Rome"}}


def said(*turns: Any, **fields: Any) -> Call:
    """A call with these turns: (role, content)."""
    messages = [{"role": role, "content": content} for role, content in turns]
    return read(json.dumps({"model": "m", "max_tokens": 9, "messages": messages, **fields}).encode(), {})


def result(content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": "toolu_1", "content": content, **more}


def test_texts_and_the_system_prompt() -> None:
    call = said(
        ("user", "hi"), ("assistant", [{"type": "text", "text": "Hello."}]), ("user", "bye"), system="Be brief."
    )

    assert call.view.messages == (
        Message("system", "Be brief."),
        Message("user", "hi"),
        Message("assistant", "Hello."),
        Message("user", "bye"),
    )
    assert (call.unsaid, call.left_out, call.beside) == ({}, (), 0)


def test_system_blocks_keep_their_marks() -> None:
    system = [{"type": "text", "text": "Long."}, {"type": "text", "text": "Rules.", "cache_control": MARK}]

    first = said(("user", "hi"), system=system).view.messages[0]

    assert first.role == "system"
    assert isinstance(first.content, tuple)
    assert [part.text for part in first.content] == ["Long.", "Rules."]
    assert json.loads(bytes(first.content[1].cache_control)) == MARK
    assert not bytes(first.content[0].cache_control)


@pytest.mark.parametrize(
    "fields",
    [
        {"system": [{"type": "text", "text": "Rules.", "cache_control": MARK}]},
        {"tools": [{"name": "f", "input_schema": {}, "cache_control": MARK}]},
        {"cache_control": MARK},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "cache_control": MARK}]}]},
        {"messages": [{"role": "user", "content": [{**result("x"), "cache_control": MARK}]}]},
        {"messages": [{"role": "assistant", "content": [{**USE, "cache_control": MARK}]}]},
    ],
)
def test_a_mark_anywhere_is_a_hint_that_may_be_lost(fields: Any) -> None:
    assert said(("user", "hi"), **fields).left_out == ("cache_control",)
    assert said(("user", "hi"), cache_control=None).left_out == ()


def test_a_system_message_amid_the_conversation_stays_there() -> None:
    call = said(("user", "hi"), ("system", "Now in French."))

    assert [message.role for message in call.view.messages] == ["user", "system"]


@pytest.mark.parametrize("mark", [MARK, None])
def test_images_are_passed_on_and_counted(mark: Any) -> None:
    link = {"type": "url", "url": "https://example.org/a.png"}
    blocks = [{"type": "image", "source": PNG, "cache_control": mark}, {"type": "image", "source": link}]

    call = said(("user", blocks))

    content = call.view.messages[0].content
    assert isinstance(content, tuple)
    urls = [json.loads(bytes(part.image_url))["url"] for part in content]
    assert urls == ["data:image/png;base64,aGk=", "https://example.org/a.png"]
    assert [bool(bytes(part.cache_control)) for part in content] == [mark is not None, False]
    assert call.beside == 2 * IMAGE
    assert call.view.needs == {"images"}


def test_documents_are_texts_or_files() -> None:
    text = {"type": "text", "media_type": "text/plain", "data": "All of it."}
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="}
    blocks = [
        {"type": "document", "source": text, "title": "A book", "citations": {"enabled": False}},
        {"type": "document", "source": pdf},
    ]

    call = said(("user", blocks))

    content = call.view.messages[0].content
    assert isinstance(content, tuple)
    assert [part.text for part in content] == ["A book", "All of it.", None]
    file = {"filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}
    assert json.loads(bytes(content[2].file)) == file
    assert (call.beside, set(call.view.needs)) == (FILE, {"files"})


def test_tool_calls_and_their_results() -> None:
    answered = [result("sunny"), {**result("rain"), "tool_use_id": "toolu_2"}, {"type": "text", "text": "And now?"}]
    call = said(("user", "weather?"), ("assistant", [{"type": "text", "text": "I look."}, USE]), ("user", answered))

    assert call.view.messages[1:] == (
        Message("assistant", "I look.", tool_calls=(ToolCall("toolu_1", Function("weather", '{"city": "Rome"}')),)),
        Message("tool", "sunny", tool_call_id="toolu_1"),
        Message("tool", "rain", tool_call_id="toolu_2"),
        Message("user", "And now?"),
    )
    assert "tools" in call.view.needs


def test_a_call_alone_has_no_content() -> None:
    call = said(("user", "weather?"), ("assistant", [USE]), ("user", [result(None)]))

    assert call.view.messages[1].content is None
    assert call.view.messages[2] == Message("tool", "", tool_call_id="toolu_1")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("no such city", "Error: no such city"),
        ([{"type": "text", "text": "no such city"}], "Error: no such city"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], (Part("text", "Error:"), *map(str, "ab"))),
    ],
)
def test_a_failed_tool_says_so(content: Any, expected: Any) -> None:
    message = said(("assistant", [USE]), ("user", [result(content, is_error=True)])).view.messages[1]

    if isinstance(expected, str):
        assert message.content == expected
    else:
        assert isinstance(message.content, tuple)
        assert [part.text for part in message.content] == ["Error:", "a", "b"]


def test_images_that_a_tool_returned_stay_with_its_result() -> None:
    blocks = [{"type": "text", "text": "a map"}, {"type": "image", "source": PNG}]

    call = said(("assistant", [USE]), ("user", [result(blocks)]))

    content = call.view.messages[1].content
    assert isinstance(content, tuple)
    assert [part.type for part in content] == ["text", "image_url"]
    assert call.view.needs == {"tools", "images"}


def test_thoughts_of_earlier_turns_are_left_out_and_told() -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": "EqQ="}
    hidden = {"type": "redacted_thinking", "data": "xx"}

    call = said(("user", "hi"), ("assistant", [thought, hidden, {"type": "text", "text": "Yes."}]), ("user", "why?"))

    assert call.view.messages[1] == Message("assistant", "Yes.")
    assert call.left_out == ("thinking blocks",)
    assert json.loads(bytes(call.own["messages"]))[1]["content"][:2] == [thought, hidden]


def test_a_turn_that_only_thought_is_no_message() -> None:
    call = said(
        ("user", "hi"), ("assistant", [{"type": "thinking", "thinking": "hm", "signature": "E"}]), ("user", "?")
    )

    assert [message.role for message in call.view.messages] == ["user", "user"]


def test_thoughts_that_anthropic_never_signed_do_not_reach_it() -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": ""}
    text = {"type": "text", "text": "Yes.", "cache_control": MARK}

    call = said(("user", "hi"), ("assistant", [thought, text]), ("user", "why?"))

    turns = json.loads(bytes(call.own["messages"]))
    assert [turn["content"] for turn in turns] == ["hi", [text], "why?"]


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ({"type": "search_result", "source": "https://x", "title": "t", "content": []}, "search_result"),
        ({"type": "container_upload", "file_id": "file_1"}, "container_upload"),
        ({"type": "image", "source": {"type": "file", "file_id": "file_1"}}, "a file at one provider"),
        ({"type": "document", "source": {"type": "file", "file_id": "file_1"}}, "'file'"),
        ({"type": "document", "source": {"type": "url", "url": "https://x"}}, "'url'"),
        (
            {"type": "document", "source": {"type": "text", "data": "x"}, "citations": {"enabled": True}},
            "cite documents",
        ),
    ],
)
def test_what_only_anthropic_reads_is_noted_with_its_place(block: Any, why: str) -> None:
    call = said(("user", [{"type": "text", "text": "see"}, block]))

    assert list(call.unsaid) == ["messages.0.content.1"]
    assert why in call.unsaid["messages.0.content.1"]


def test_an_answer_that_the_client_began_only_anthropic_continues() -> None:
    call = said(("user", "Greek for sun?"), ("assistant", "The best answer is ("))

    assert list(call.unsaid) == ["messages"]


def test_what_is_not_as_documented_is_refused_with_its_place() -> None:
    with pytest.raises(CallerError) as role:
        said(("robot", "hi"))
    assert (role.value.status, role.value.param) == (400, "messages.0.role")
    with pytest.raises(CallerError) as content:
        said(("user", [result(5)]))
    assert content.value.param == "messages.0.content.0"
    with pytest.raises(CallerError) as source:
        said(("user", [{"type": "image", "source": {"data": "x"}}]))
    assert source.value.param == "messages.0.content.0"
    with pytest.raises(CallerError, match="no source"):
        said(("user", [{"type": "document"}]))


def test_raw_values_are_json() -> None:
    assert json.loads(bytes(said(("user", "hi")).body.get("max_tokens", Raw()))) == 9
