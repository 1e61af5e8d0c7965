from providers.engine.likelihood import Likelihood, Pending, written


def of(text: str) -> Likelihood:
    return Likelihood(text, -0.5, tuple(text.encode()))


def filled(*texts: str) -> Pending:
    pending, at = Pending(), 0
    for text in texts:
        pending.add(at, at + len(text), of(text))
        at += len(text)
    return pending


def names(found: list[Likelihood]) -> str:
    return "|".join(each.token for each in found)


def test_they_come_with_the_text_that_they_are_of() -> None:
    pending = filled("ab", "cd", "ef")
    assert [names(pending.shown(until)) for until in (1, 2, 5, 6)] == ["ab", "", "cd|ef", ""]


def test_at_the_end_those_behind_what_was_shown_are_dropped() -> None:
    pending = filled("ab", "cd", "ef")
    assert names(pending.last(3)) == "ab|cd"
    assert pending.shown(100) == []


def test_what_nobody_reads_as_text_is_left_out() -> None:
    pending = filled("hm", "</think>", "\n", "yes", "", "!")
    assert names(pending.shown(15, 11)) == "yes||!"
    pending = filled("hm", "</think>\nyes", "!")
    assert names(pending.last(14, 11)) == "</think>\nyes"


def test_they_are_written_as_openai_does() -> None:
    assert written([]) == b""
    assert written([of("é")]) == b'[{"token":"\xc3\xa9","logprob":-0.5,"bytes":[195,169],"top_logprobs":[]}]'
