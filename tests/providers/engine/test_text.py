import pytest

from providers.engine.text import TextStream


def test_a_character_is_never_split() -> None:
    stream = TextStream()
    assert [stream.feed(bytes([byte])) for byte in "é€😀".encode()] == ["", "é", "", "", "€", "", "", "", "😀"]


def test_an_incomplete_character_at_the_end_is_dropped() -> None:
    stream = TextStream()
    assert stream.feed(b"a\xe2\x82") + stream.flush() == "a"


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert TextStream().feed(b"a\xffb") == "a\ufffdb"


def test_a_stop_string_over_several_tokens_is_held_back_and_cut() -> None:
    stream = TextStream(("<end>",))
    assert [stream.feed(part) for part in (b"Hi <", b"en", b"d", b"> more")] == ["Hi ", "", "", ""]
    assert stream.stopped
    assert stream.feed(b"and more") + stream.flush() == ""


def test_what_looked_like_a_stop_string_is_released() -> None:
    stream = TextStream(("<end>",))
    assert [stream.feed(part) for part in (b"a <e", b"lse")] == ["a ", "<else"]
    assert stream.feed(b"<en") == ""
    assert stream.flush() == "<en"
    assert not stream.stopped


def test_the_earliest_stop_string_wins() -> None:
    stream = TextStream(("three", "two"))
    assert stream.feed(b"one two three") == "one "


@pytest.mark.parametrize("size", range(1, 8))
def test_any_cut_gives_the_same_text(size: int) -> None:
    data, stream = "aab aaab aab!€ END after".encode(), TextStream(("END", "aaac"))
    parts = [stream.feed(data[at : at + size]) for at in range(0, len(data), size)]
    assert "".join(parts) + stream.flush() == "aab aaab aab!€ "
