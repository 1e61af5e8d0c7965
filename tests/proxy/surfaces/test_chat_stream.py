"""The chat surface's stream: wires pass, usage is priced, other events become chunks."""

import json
from typing import Any

import msgspec

from providers.words import Call, Event, ToolDelta, Usage, View
from proxy.surfaces.chat_stream import DONE, StreamWriter


def call(include_usage: bool = False) -> Call:
    return Call("chat", "chat", {}, View("auto", stream=True, include_usage=include_usage), 10)


def writer(include_usage: bool = False, verbatim: bool = True) -> StreamWriter:
    return StreamWriter(call(include_usage), "1", 1, "tiny", verbatim)


def chunks(data: bytes) -> list[dict[str, Any]]:
    assert data.endswith(b"\n\n")
    return [json.loads(event.removeprefix(b"data: ")) for event in data.split(b"\n\n")[:-1]]


def wire(shape: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(shape) + b"\n\n"


def test_wires_pass_verbatim_in_one_piece() -> None:
    events = [Event(wire=b'data: {"a" :1}\n\n', text="a"), Event(wire=b'data: {"b":2}\r\n\r\n', text="b")]

    assert writer().write(events, None) == b'data: {"a" :1}\n\ndata: {"b":2}\r\n\r\n'


def test_a_null_usage_that_nobody_asked_for_is_cut_and_nothing_else() -> None:
    given = b'data: {"choices":[{"delta":{"content":",\\"usage\\":null"}}],"usage":null}\n\n'

    assert writer().write([Event(wire=given, text="x")], None) == given.replace(b',"usage":null}\n', b"}\n")
    assert writer(include_usage=True).write([Event(wire=given, text="x")], None) == given


def test_the_usage_event_is_dropped_for_who_did_not_ask() -> None:
    event = Event(wire=wire({"choices": [], "usage": {"prompt_tokens": 3}}), usage=Usage(3, 4))

    assert writer().write([event], 1500) == b""


def test_usage_beside_a_finish_is_cut_out_of_its_chunk() -> None:
    shape = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3}, "x": 1}
    event = Event(wire=wire(shape), finish="stop", usage=Usage(3, 4))

    assert chunks(writer().write([event], 1500)) == [{"choices": shape["choices"], "x": 1}]


def test_the_usage_event_carries_its_cost_and_keeps_its_fields() -> None:
    event = Event(wire=wire({"choices": [], "usage": {"prompt_tokens": 3, "odd": {"k": 1}}}), usage=Usage(3, 4))

    written = writer(include_usage=True).write([event], 1500)

    assert b'"cost":0.0000015' in written
    assert chunks(written) == [{"choices": [], "usage": {"prompt_tokens": 3, "odd": {"k": 1}, "cost": 0.0000015}}]


def test_a_usage_event_in_several_lines_is_read_as_one() -> None:
    given = b': {ping}\nevent: x\ndata: {"choices":[],\r\ndata: "usage":{"prompt_tokens":3}}\n\n'

    written = writer(include_usage=True).write([Event(wire=given, usage=Usage(3, 4))], None)

    assert chunks(written) == [{"choices": [], "usage": {"prompt_tokens": 3}}]


def test_the_end_tells_usage_once() -> None:
    asked = writer(include_usage=True)
    asked.write([Event(wire=wire({"choices": [], "usage": {"prompt_tokens": 3}}), usage=Usage(3, 4))], 0)
    silent = writer(include_usage=True)

    assert asked.end(Usage(3, 4), 0) == DONE
    last = silent.end(Usage(3, 4, source="estimated"), 7)
    assert last.endswith(DONE)
    assert chunks(last.removesuffix(DONE))[0]["usage"]["total_tokens"] == 7
    assert writer().end(Usage(3, 4), 7) == DONE


def test_events_without_wires_become_chunks_in_openais_shape() -> None:
    early = Event(usage=Usage(2, 0))  # Anthropic tells the prompt's tokens before it speaks
    events = [early, Event(text="Hel"), Event(text="lo"), Event(finish="stop"), Event(usage=Usage(2, 2))]
    made = writer(include_usage=True, verbatim=False)

    written = chunks(made.write(events, 0) + made.end(Usage(2, 2), 0).removesuffix(DONE))

    assert [chunk["choices"][0]["delta"] if chunk["choices"] else None for chunk in written] == [
        {"role": "assistant", "content": "Hel"},
        {"content": "lo"},
        {},
        None,
    ]
    assert {chunk["id"] for chunk in written} == {"chatcmpl-1"}
    assert {chunk["object"] for chunk in written} == {"chat.completion.chunk"}
    assert [chunk["usage"] for chunk in written[:3]] == [None, None, None]
    assert written[2]["choices"][0]["finish_reason"] == "stop"
    assert written[3]["usage"]["completion_tokens"] == 2


def test_who_did_not_ask_for_usage_reads_none() -> None:
    written = writer(verbatim=False).write([Event(text="x"), Event(usage=Usage(1, 1))], 0)

    assert b"usage" not in written


def test_tool_calls_stream_with_their_index_id_and_name_once() -> None:
    events = [
        Event(tool=ToolDelta(0, "call_a", "f", "")),
        Event(tool=ToolDelta(0, arguments='{"x":')),
        Event(tool=ToolDelta(1, "call_b", "g", "{}")),
    ]

    deltas = [
        chunk["choices"][0]["delta"]["tool_calls"][0] for chunk in chunks(writer(verbatim=False).write(events, 0))
    ]

    assert deltas == [
        {"index": 0, "id": "call_a", "type": "function", "function": {"name": "f", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"x":'}},
        {"index": 1, "id": "call_b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]


def test_wires_of_another_dialect_never_reach_the_client() -> None:
    written = writer(verbatim=False).write([Event(wire=b"event: content_block_delta\n\n", text="x")], 0)

    assert chunks(written)[0]["choices"][0]["delta"]["content"] == "x"
