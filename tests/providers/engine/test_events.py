from msgspec import Raw

from providers.engine.events import events
from providers.engine.frames import Done, Ended, Piece, Timings, Tokens, ToolPiece, Vectors
from providers.words import Event, ToolDelta, Usage


def test_a_piece_is_text_and_reasoning_of_its_choice() -> None:
    told = Piece(7, "so", 2, choice=1, reasoning="hm")
    assert events(told, "m") == [Event(choice=1, text="so", reasoning="hm", answered="m")]


def test_each_piece_of_a_tool_call_is_an_event_of_its_own() -> None:
    told = Piece(7, "", 3, tools=(ToolPiece(0, "call_1", "look"), ToolPiece(0, arguments="{}"), ToolPiece(1, "c", "x")))
    assert [event.tool for event in events(told, None)] == [
        ToolDelta(0, "call_1", "look"),
        ToolDelta(0, arguments="{}"),
        ToolDelta(1, "c", "x"),
    ]


def test_log_probabilities_come_in_openais_shape() -> None:
    (event,) = events(Piece(7, "a", 1, logprobs=b'[{"token":"a"}]'), None)
    assert event.logprobs == Raw(b'{"content":[{"token":"a"}],"refusal":null}')


def test_every_choice_ends_by_itself_and_the_last_brings_the_usage() -> None:
    done = Done(7, "length", Tokens(10, 20, 3, 4), Timings(0, 0, 0), choice=1)
    (ended,) = events(Ended(7, 2, "tool_calls"), "m")
    (last,) = events(done, "m")
    assert (ended.choice, ended.finish, ended.usage) == (2, "tool_calls", None)
    assert (last.choice, last.finish, last.usage) == (1, "length", Usage(10, 20, 3, reasoning=4))


def test_vectors_come_with_their_counts() -> None:
    (event,) = events(Vectors(7, (b"1234",), (5,)), "m")
    assert (event.vectors, event.counts, event.usage) == ((b"1234",), (5,), Usage(5, 0))
