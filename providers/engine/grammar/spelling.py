"""How GBNF writes characters, classes and automata; and how JSON writes characters inside a string."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from providers.engine.grammar.automaton import Automaton, minus
from providers.engine.grammar.charset import ALL, Charset, contains, intersection, of, union

ESCAPED = union((((0, 0x1F),), of('"\\')))
"""What cannot stand in a JSON string as it is."""
SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def literal(text: str) -> str:
    """A GBNF literal of a text."""
    return '"' + "".join(_quoted(character, '"\\') for character in text) + '"'


def written(value: Any) -> str:
    """A JSON value as it is written in an answer."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(name)}: {written(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def class_of(characters: Charset) -> str:
    """A GBNF class; the one character of a set, as a literal."""
    if len(characters) == 1 and characters[0][0] == characters[0][1]:
        return literal(chr(characters[0][0]))
    return "[" + "".join(_range(low, high) for low, high in characters) + "]"


def in_string(characters: Charset) -> str:
    """A set inside of a JSON string: what must be escaped is."""
    raw = minus(intersection(characters, ALL), ESCAPED)
    options = [class_of(raw)] if raw else []
    options += [literal("\\" + each) for each in '"\\' if contains(characters, ord(each))]
    if short := [letter for letter, character in SHORT.items() if contains(characters, ord(character))]:
        options.append(literal("\\") + " " + class_of(of("".join(short))))
    for high in (0, 1):
        low = [digit for digit in range(16) if _coded(high * 16 + digit, characters)]
        if low:
            options.append(
                literal(f"\\u00{high}") + " " + class_of(of("".join(f"{digit:x}{digit:X}" for digit in low)))
            )
    return " | ".join(options)


def _coded(point: int, characters: Charset) -> bool:
    return contains(characters, point) and chr(point) not in SHORT.values()


def automaton_rules(
    machine: Automaton, prefix: str, spell: Callable[[Charset], str], share: Callable[[str], str]
) -> dict[str, str]:
    """Rules that write what the automaton accepts; `prefix` with 0 is the first. `share` names a long piece."""
    entries = [0] * len(machine.edges)
    for row in machine.edges:
        for _, target in row:
            entries[target] += 1
    inline = {
        state
        for state, row in enumerate(machine.edges)
        if state and ((entries[state] == 1 and len(row) == 1 and state not in machine.accepting) or not row)
    }

    def follow(state: int) -> str:
        parts: list[str] = []
        while state in inline and machine.edges[state]:
            ((on, state),) = machine.edges[state]
            parts.append(share(spell(on)))
        return " ".join(parts if state in inline else [*parts, f"{prefix}{state}"])

    rules: dict[str, str] = {}
    for state, row in enumerate(machine.edges):
        if state not in inline:
            options = [f"{share(spell(on))} {follow(target)}".strip() for on, target in row]
            rules[f"{prefix}{state}"] = " | ".join([*options, '""'] if state in machine.accepting else options)
    return rules


def _range(low: int, high: int) -> str:
    start, end = _quoted(chr(low), "\\[]-^"), _quoted(chr(high), "\\[]-^")
    return start if low == high else start + end if high == low + 1 else f"{start}-{end}"


def _quoted(character: str, special: str) -> str:
    point = ord(character)
    if character in special:
        return "\\x5E" if character == "^" else "\\" + character
    if 0x20 <= point < 0x7F:
        return character
    if point < 0x100:
        return f"\\x{point:02X}"
    return f"\\u{point:04X}" if point < 0x10000 else f"\\U{point:08X}"
