from providers.engine.grammar.automaton import words
from providers.engine.grammar.limits import Budget
from providers.engine.grammar.regex import compiled
from providers.engine.grammar.strings import of_text, other_names
from providers.engine.grammar.tree import Text


def test_patterns_and_lengths_hold_at_once() -> None:
    node = Text(2, 3, (compiled("^a", Budget()), compiled("b$", Budget())))
    found = of_text(node, Budget())
    assert [text for text in ("b", "ab", "axb", "axxb", "ax") if found.accepts(text)] == ["ab", "axb"]


def test_other_names_are_all_but_the_declared_ones() -> None:
    found = other_names(("id", "name"), None, Budget())
    assert [name for name in ("id", "name", "i", "ids", "", "Name") if found.accepts(name)] == ["i", "ids", "", "Name"]


def test_beside_many_declared_names_others_begin_differently() -> None:
    declared = tuple(f"column_{number}" for number in range(60))
    found = other_names(declared, None, Budget())
    assert [name for name in ("column_1", "column_999", "row", "") if found.accepts(name)] == ["row"]
    assert len(found.edges) == 2  # a trie of the names would be hundreds


def test_other_names_keep_the_language_of_names() -> None:
    found = other_names(("a",), words(("a", "b"), Budget()), Budget())
    assert [name for name in ("a", "b", "c") if found.accepts(name)] == ["b"]
