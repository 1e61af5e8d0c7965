"""Gemini's answers, streamed and whole: what they say, how they end, wherever the reads were cut."""

import json

import pytest

from providers.dialects.gemini.answer import StreamReader, WholeReader
from providers.errors import Broken, RateLimited, Unavailable
from providers.words import Event, ToolDelta, Usage
from tests.doubles.gemini_answers import answer, call, error, event, stream, text, thought, usage, written

STREAM = stream(thought("Hm."), text("Par"), text("is é."), told=usage(9, 4, thoughts=7, cached=5))


def read(data: bytes) -> list[Event]:
    reader = StreamReader()
    return [*reader.feed(data), *reader.end()]


def whole(value: dict[str, object]) -> list[Event]:
    reader = WholeReader()
    reader.feed(written(value))
    return reader.end()


def said(events: list[Event]) -> tuple[str, str, list[str]]:
    return (
        "".join(each.text for each in events),
        "".join(each.reasoning for each in events),
        [each.finish for each in events if each.finish],
    )


def test_f23_a_stream_says_the_same_wherever_it_is_cut() -> None:
    data = b"".join(STREAM)
    for cut in range(len(data) + 1):
        reader = StreamReader()
        events = [*reader.feed(data[:cut]), *reader.feed(data[cut:]), *reader.end()]
        assert said(events) == ("Paris é.", "Hm.", ["stop"]), cut
        assert [each.usage for each in events if each.usage][-1] == Usage(9, 11, 5, 7), cut
        assert b"".join(each.wire or b"" for each in events) == data, cut


def test_f18_a_stream_that_ends_early_is_broken() -> None:
    data = b"".join(STREAM)
    for length in range(len(data) - len(b"\r\n\r\n")):
        with pytest.raises(Broken):
            read(data[:length])


def test_a_whole_answer() -> None:
    events = whole(answer(thought("Hm."), text("Paris."), told=usage(9, 2, thoughts=3)))
    assert said(events) == ("Paris.", "Hm.", ["stop"])
    assert (events[0].usage, events[0].answered) == (Usage(9, 5, 0, 3), "gemini-2.5-flash")


def test_calls_come_whole_with_ids_and_indexes_of_their_own() -> None:
    events = whole(answer(call("weather", city="Bern"), call("weather", city="Basel")))
    tools = [each.tool for each in events if each.tool]
    assert [(tool.index, tool.name, json.loads(tool.arguments)) for tool in tools] == [
        (0, "weather", {"city": "Bern"}),
        (1, "weather", {"city": "Basel"}),
    ]
    assert len({tool.id for tool in tools}) == 2
    assert said(events)[2] == ["tool_calls"]


def test_calls_in_two_chunks_count_on() -> None:
    events = read(b"".join(stream(call("a"), call("b"))))
    assert [(tool.index, tool.name) for each in events if (tool := each.tool)] == [(0, "a"), (1, "b")]


def test_an_id_of_their_own_is_kept() -> None:
    (event, _) = whole(answer({"functionCall": {"name": "now", "id": "fc-7"}}))
    assert event.tool == ToolDelta(0, "fc-7", "now", "{}")


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "stop"),
    ],
)
def test_reasons(reason: str, word: str) -> None:
    assert said(whole(answer(text("x"), finish=reason)))[2] == [word]


def test_a_blocked_prompt_is_a_filtered_answer_that_is_billed() -> None:
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 9}}
    (event,) = whole(blocked)
    assert (event.finish, event.usage) == ("content_filter", Usage(9, 0))


def test_several_candidates_are_choices() -> None:
    first, second = answer(text("a")), answer(text("b"), index=1)
    both = {**first, "candidates": [*first["candidates"], *second["candidates"]]}
    assert [(each.choice, each.text) for each in whole(both) if each.text] == [(0, "a"), (1, "b")]


def test_one_unfinished_candidate_of_two_is_no_whole_answer() -> None:
    first, second = answer(text("a")), answer(text("b"), index=1, finish=None)
    with pytest.raises(Broken):
        whole({**first, "candidates": [*first["candidates"], *second["candidates"]]})


def test_log_probabilities_in_openais_shape() -> None:
    chosen = {"token": "é", "tokenId": 7, "logProbability": -0.5}
    other = {"token": "e", "logProbability": -1.5}
    result = {"chosenCandidates": [chosen], "topCandidates": [{"candidates": [chosen, other]}]}
    events = whole(answer(text("é"), logprobsResult=result))
    (entry,) = json.loads(next(bytes(each.logprobs) for each in events if bytes(each.logprobs)))["content"]
    assert (entry["token"], entry["logprob"], entry["bytes"]) == ("é", -0.5, [0xC3, 0xA9])
    assert [top["token"] for top in entry["top_logprobs"]] == ["é", "e"]


def test_an_error_in_the_middle_comes_after_what_was_said() -> None:
    reader = StreamReader()
    failed = b"data: " + error(503, "UNAVAILABLE", "The model is overloaded.") + b"\n\n"
    events = reader.feed(event(answer(text("Pa"), finish=None)) + failed)
    assert [each.text for each in events] == ["Pa"]
    with pytest.raises(Unavailable):
        reader.feed(b"")


def test_an_error_instead_of_a_stream() -> None:
    with pytest.raises(RateLimited):
        read(b"data: " + error(429, "RESOURCE_EXHAUSTED", "Quota exceeded.") + b"\n\n")


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[1]", b"not json", b'{"candidates":[]}', b'{"candidates":[{}]}', b"\xff{}"]
)
def test_f25_what_is_no_answer_is_broken(data: bytes) -> None:
    reader = WholeReader()
    reader.feed(data)
    with pytest.raises(Broken):
        reader.end()
    with pytest.raises(Broken):
        read(b"data: " + data + b"\n\n")


def test_nulls_in_an_answer_are_absent_fields() -> None:
    parts = [{"text": "x", "thought": None}, {"functionCall": {"name": "f", "args": None}}]
    chances = {"chosenCandidates": None, "topCandidates": [{"candidates": None}]}
    events = whole({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP", "logprobsResult": chances}]})
    assert said(events) == ("x", "", ["tool_calls"])
    assert [each.tool.arguments for each in events if each.tool] == ["{}"]
