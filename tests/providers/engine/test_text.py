import pytest

from providers.engine.text import Stops


def test_a_stop_string_over_several_pieces_is_held_back_and_cut() -> None:
    stops = Stops(("<end>",))
    assert [stops.feed(part) for part in ("Hi <", "en", "d", "> more")] == ["Hi ", "", "", ""]
    assert stops.stopped
    assert stops.feed("and more") + stops.flush() == ""
    assert stops.held == len("<end> moreand more")


def test_what_looked_like_a_stop_string_is_released() -> None:
    stops = Stops(("<end>",))
    assert [stops.feed(part) for part in ("a <e", "lse")] == ["a ", "<else"]
    assert stops.feed("<en") == ""
    assert stops.held == 3
    assert stops.flush() == "<en"
    assert not stops.stopped
    assert stops.held == 0


def test_the_earliest_stop_string_wins() -> None:
    stops = Stops(("three", "two"))
    assert stops.feed("one two three") == "one "


def test_without_stop_strings_nothing_is_held() -> None:
    stops = Stops(("", ""))
    assert (stops.feed("any"), stops.held, stops.stopped) == ("any", 0, False)


@pytest.mark.parametrize("size", range(1, 8))
def test_any_cut_gives_the_same_text(size: int) -> None:
    text, stops = "aab aaab aab!€ END after", Stops(("END", "aaac"))
    parts = [stops.feed(text[at : at + size]) for at in range(0, len(text), size)]
    assert "".join(parts) + stops.flush() == "aab aaab aab!€ "
