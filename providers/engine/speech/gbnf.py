"""GBNF for texts: this very text, and any text up to a mark."""


def literal(text: str) -> str:
    """GBNF for this very text."""
    return '"' + "".join(char if char.isalnum() or char in " <>|=_/[]" else _escaped(char) for char in text) + '"'


def until(mark: str, then: str, name: str, *, ends: bool) -> dict[str, str]:
    """Rules for any text up to a mark, and for what follows it (a rule's name, or none); the first is `{name}-0`.

    They are the automaton that finds the mark, so that the text is free and yet the mark is never missed. `ends`: the
    text may end before it.
    """
    rules = {}
    for at in range(len(mark)):
        moves = {char: _longest(mark[:at] + char, mark) for char in sorted(set(mark[: at + 1]))}
        states = {char: then if to == len(mark) else f"{name}-{to}" for char, to in moves.items() if to}
        goes = [f"{literal(char)} {state}" for char, state in states.items()]
        other = "".join(map(_escaped, states))
        rules[f"{name}-{at}"] = " | ".join([*goes, f"[^{other}] {name}-0", *(['""'] if ends else [])])
    return rules


def _longest(text: str, mark: str) -> int:
    """Length of the longest end of `text` that begins `mark`."""
    return next((size for size in range(len(text), 0, -1) if mark.startswith(text[-size:])), 0)


def _escaped(char: str) -> str:
    number = ord(char)
    return f"\\x{number:02X}" if number < 0x100 else f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}"
