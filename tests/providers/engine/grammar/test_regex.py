import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from providers.engine.grammar.limits import Budget, Refusal
from providers.engine.grammar.regex import compiled

PATTERNS = (
    "abc",
    "^abc$",
    "^a|b$",
    "a|b|",
    "^(a|bc)*$",
    "^a{2,3}b?$",
    "(ab){2}",
    "^[^ab]+$",
    "[a-c]\\d",
    "^\\w+$",
    "\\s",
    "^.$",
    "^(?:a+)+b",
    "x*",
    "^$",
    "^\\x61\\u0062$",
    "[\\]\\-^]",
    "a.c$",
    "(^a|b)c",
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PATTERNS), st.text("abc x1_-]^é", max_size=6))
@example("^\\w+$", "é")
def test_what_an_automaton_accepts_python_finds_too(pattern: str, text: str) -> None:
    accepted = compiled(pattern, Budget()).accepts(text)
    found = re.search(pattern.replace("$", "\\Z"), text, re.ASCII) is not None
    assert accepted == found


@pytest.mark.parametrize("pattern", ["\\D", "\\W", "\\S", "[^\\d]", "[^\\w]", "[^\\s]"])
def test_what_readers_see_differently_is_left_out(pattern: str) -> None:
    machine = compiled(f"^{pattern}$", Budget())
    wide = [chr(point) for point in (0x85, 0xA0, 0x661, 0xE9, 0x2028, 0xFEFF, 0x41, 0x30, 0x20, 0x2D)]
    for character in filter(machine.accepts, wide):
        assert re.search(pattern, character) and re.search(pattern, character, re.ASCII), hex(ord(character))
    assert machine.accepts("-")


def test_the_end_is_the_end_and_no_newline_before_it() -> None:
    assert not compiled("^a$", Budget()).accepts("a\n")
    assert not compiled("^.$", Budget()).accepts("\u2028")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?=a)", "looks around"),
        ("(?<!a)b", "looks around"),
        ("(?<n>a)", "names a group"),
        ("(a)\\1", "escape"),
        ("\\bx", "escape"),
        ("\\p{L}", "escape"),
        ("(?i)a", "flags"),
        ("a{2,1}", "no repetition"),
        ("a{1001}", "more than 1000"),
        ("a**", "repetition"),
        ("^*", "anchor"),
        ("[z-a]", "backwards"),
        ("[\\d-z]", "between classes"),
        ("[]", "empty"),
        ("[", "too many"),
        ("(", "too many"),
        (")", "too many"),
        ("*", "escaped"),
        ("\\u12", "incomplete"),
        ("\\ud800", "surrogate"),
        ("(" * 40 + ")" * 40, "nests"),
        ("x" * 2_001, "bytes"),
        ("((a{100}){100}){100}", "large|complex"),
        ("(a|aa)+b.{12}", "complex"),
    ],
)
def test_what_is_not_regular_or_too_large_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(Refusal, match=reason):
        compiled(pattern, Budget())
