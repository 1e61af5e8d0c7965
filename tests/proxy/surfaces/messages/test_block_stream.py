"""Content blocks of a stream: one after the other, however chat's pieces came."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from providers.words import Event, ToolDelta
from proxy.surfaces.messages.block_stream import BlockStream, sse


def played(events: list[Event], *, thinking: bool = False) -> list[dict[str, Any]]:
    """What a client reads, event by event; each has its kind twice."""
    stream = BlockStream("1", thinking=thinking)
    data = b"".join([*(stream.write(event) for event in events), stream.end()])
    blocks = [block.split(b"\n") for block in data.split(b"\n\n")[:-1]]
    found = [json.loads(line.removeprefix(b"data: ")) for _, line in blocks]
    assert [kind.removeprefix(b"event: ").decode() for kind, _ in blocks] == [event["type"] for event in found]
    return found


def gathered(events: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """The blocks, whole; they are never mixed, and each ends."""
    blocks: list[list[str]] = []
    open_at: int | None = None
    for event in events:
        if event["type"] == "content_block_start":
            assert (open_at, event["index"]) == (None, len(blocks))
            open_at, block = event["index"], event["content_block"]
            blocks.append([block["type"], block.get("id", ""), block.get("name", ""), ""])
        elif event["type"] == "content_block_delta":
            assert event["index"] == open_at
            delta = event["delta"]
            blocks[-1][-1] += delta.get("text") or delta.get("thinking") or delta.get("partial_json") or ""
        else:
            assert (event["type"], event["index"]) == ("content_block_stop", open_at)
            open_at = None
    assert open_at is None
    return [tuple(block) for block in blocks]


def call(index: int, arguments: str = "", id: str | None = None, name: str | None = None) -> Event:
    return Event(tool=ToolDelta(index, id, name, arguments))


def test_text_is_one_block() -> None:
    events = played([Event(text="Par"), Event(text="is."), Event(finish="stop")])

    assert [event["type"] for event in events] == [
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
    ]
    assert events[0]["content_block"] == {"type": "text", "text": ""}
    assert gathered(events) == [("text", "", "", "Paris.")]


def test_thoughts_are_shown_only_when_asked_for() -> None:
    events = [Event(reasoning="hm"), Event(reasoning="…"), Event(text="Yes.")]

    assert gathered(played(events)) == [("text", "", "", "Yes.")]
    shown = played(events, thinking=True)
    assert gathered(shown) == [("thinking", "", "", "hm…"), ("text", "", "", "Yes.")]
    assert shown[0]["content_block"] == {"type": "thinking", "thinking": "", "signature": ""}


def test_calls_have_their_id_once_and_their_arguments_in_pieces() -> None:
    events = [Event(text="I look."), call(0, "", "call_a", "weather"), call(0, '{"city":'), call(0, '"Rome"}')]

    said = played([*events, call(1, "{}", "call_b", "time")])

    assert gathered(said) == [
        ("text", "", "", "I look."),
        ("tool_use", "call_a", "weather", '{"city":"Rome"}'),
        ("tool_use", "call_b", "time", "{}"),
    ]
    assert [event["delta"]["partial_json"] for event in said if "partial_json" in event.get("delta", {})] == [
        '{"city":',
        '"Rome"}',
        "{}",
    ]


def test_i32_mixed_pieces_of_two_calls_are_told_apart() -> None:
    events = [call(0, "", "a", "f"), call(1, "", "b", "g"), call(0, '{"x":'), call(1, '{"y":'), call(0, "1}")]

    said = gathered(played([*events, call(1, "2}")]))

    assert said == [("tool_use", "a", "f", '{"x":1}'), ("tool_use", "b", "g", '{"y":2}')]


def test_a_call_without_id_gets_one_and_waits_for_its_name() -> None:
    said = gathered(played([call(0, '{"x":'), call(0, "1}", None, "f"), call(3, "{}", None, "g")]))

    assert said == [("tool_use", "toolu_1_0", "f", '{"x":1}'), ("tool_use", "toolu_1_1", "g", "{}")]


def test_i32_calls_that_are_all_numbered_0_are_told_apart_by_their_ids() -> None:
    said = gathered(played([call(0, '{"x":1}', "a", "f"), call(0, '{"y":2}', "b", "g"), Event(finish="tool_calls")]))

    assert said == [("tool_use", "a", "f", '{"x":1}'), ("tool_use", "b", "g", '{"y":2}')]


def test_i34_an_empty_call_is_none() -> None:
    assert played([call(0), Event(finish="stop")]) == []


def test_text_behind_calls_is_a_block_of_its_own() -> None:
    said = gathered(played([call(0, '{"x"', "a", "f"), call(1, "{}", "b", "g"), Event(text="Done."), Event(text="!")]))

    assert [block[0] for block in said] == ["tool_use", "tool_use", "text"]
    assert said[2][-1] == "Done.!"


def test_a_call_that_was_cut_short_is_ended_as_it_is() -> None:
    assert gathered(played([call(0, '{"x": "unfi', "a", "f")])) == [("tool_use", "a", "f", '{"x": "unfi')]


def test_a_refusal_is_text() -> None:
    assert gathered(played([Event(refusal="No.")])) == [("text", "", "", "No.")]


def test_nothing_said_is_no_block() -> None:
    assert played([Event(finish="stop")]) == []


@settings(deadline=None)
@given(st.permutations([0] * 5 + [1] * 5 + [2] * 5), st.data())
def test_any_mix_of_pieces_gives_the_same_calls(order: list[int], drawn: st.DataObject) -> None:
    """Each call's own pieces stay in order; who begins first is drawn."""
    whole = {index: json.dumps({"n": index, "s": "é}{" * index}) for index in range(3)}
    cuts = {
        index: sorted(drawn.draw(st.lists(st.integers(0, len(whole[index])), min_size=4, max_size=4)))
        for index in whole
    }
    pieces = {
        index: [whole[index][a:b] for a, b in zip([0, *cuts[index]], [*cuts[index], len(whole[index])], strict=True)]
        for index in whole
    }
    begun: set[int] = set()
    events = []
    for index in order:
        first = index not in begun
        begun.add(index)
        name = f"f{index}" if first else None
        events.append(call(index, pieces[index].pop(0), f"id{index}" if first else None, name))

    said = gathered(played(events))

    expected = {("tool_use", f"id{index}", f"f{index}", whole[index]) for index in whole}
    assert (set(said), len(said)) == (expected, 3)


def test_an_event_names_its_kind_twice() -> None:
    assert sse({"type": "ping"}) == b'event: ping\ndata: {"type":"ping"}\n\n'
