import pytest

from providers.engine.grammar.automaton import Automaton, everything, intersect, limited, without, words
from providers.engine.grammar.limits import Budget, Refusal
from providers.engine.grammar.regex import compiled


def of(pattern: str) -> Automaton:
    return compiled(pattern, Budget())


def accepted(machine: Automaton, texts: str) -> list[str]:
    return [text for text in texts.split() if machine.accepts(text)]


def test_words_are_these_alone() -> None:
    machine = words(("ab", "ac", ""), Budget())
    assert accepted(machine, "ab ac a abc b") == ["ab", "ac"]
    assert machine.accepts("")
    assert len(machine.edges) == 3  # equal ends are one state


def test_intersection_and_difference() -> None:
    both = intersect(of("^a.*$"), of("^.*b$"), Budget())
    assert accepted(both, "ab axb a b ba") == ["ab", "axb"]
    rest = without(everything(), words(("id", "i"), Budget()), Budget())
    assert accepted(rest, "id i idx x d") == ["idx", "x", "d"]
    assert rest.accepts("")


def test_nothing_in_common_is_no_state() -> None:
    assert intersect(of("^a$"), of("^b$"), Budget()).edges == ()
    assert limited(of("^abc$"), 0, 2, Budget()).edges == ()


def test_lengths_are_counted_in_characters() -> None:
    machine = limited(everything(), 1, 2, Budget())
    assert [machine.accepts(text) for text in ("", "😀", "😀é", "abc")] == [False, True, True, False]


def test_a_limit_that_no_text_reaches_costs_nothing() -> None:
    machine = of("^a{3}b{0,5}$")
    assert limited(machine, 0, 8, Budget(0)) is machine
    assert not limited(machine, 0, 7, Budget()).accepts("aaabbbbb")
    assert limited(of("^(ab)*$"), 0, 3, Budget()).accepts("ab")


def test_small_automata_are_minimal() -> None:
    assert len(of("^(a|b)*$|^(b|a)*$").edges) == 1
    assert len(of("^(aa|bb|ab|ba)*$").edges) == 2


def test_too_much_work_is_refused() -> None:
    with pytest.raises(Refusal, match="too complex"):
        intersect(of("^[a-z]{50}$"), of("^[a-m]{50}$"), Budget(20))
    with pytest.raises(Refusal, match="states"):
        limited(everything(), 0, 5_000, Budget(10**6))
