"""The right-hand sides of grammar rules, what of them can ever be written, and how GBNF spells them."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct


class Words(Struct, frozen=True):
    """GBNF as it is, which can be completed: a literal, a class, the name of such a rule."""

    text: str


class Name(Struct, frozen=True):
    """Another rule."""

    name: str


class Series(Struct, frozen=True):
    """One after the other."""

    parts: tuple["Expression", ...]


class Choice(Struct, frozen=True):
    """One of them; of none nothing can be written."""

    options: tuple["Expression", ...]


class Repeat(Struct, frozen=True):
    """A rule, so many times; `most` None: any number."""

    part: Name | Words
    least: int
    most: int | None


Expression = Words | Name | Series | Choice | Repeat
EMPTY = Series(())


def series(*parts: Expression) -> Expression:
    """These in order, flat."""
    flat: list[Expression] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Series) else (part,))
    return flat[0] if len(flat) == 1 else Series(tuple(flat))


def choice(options: Iterable[Expression]) -> Expression:
    """One of these, each once."""
    found = tuple(dict.fromkeys(options))
    return found[0] if len(found) == 1 else Choice(found)


def optional(part: Expression) -> Expression:
    """It, or nothing."""
    return Choice((part, EMPTY))


def productive(rules: Mapping[str, Expression]) -> set[str]:
    """The rules by which a text can be completed."""
    users: dict[str, list[str]] = {}
    for name, expression in rules.items():
        for used in names(expression):
            users.setdefault(used, []).append(name)
    found: set[str] = set()
    waiting = list(rules)
    while waiting:
        name = waiting.pop()
        if name not in found and completes(rules[name], found):
            found.add(name)
            waiting.extend(users.get(name, ()))
    return found


def completes(expression: Expression, known: set[str]) -> bool:
    """Whether a text can be completed, when these rules can."""
    if isinstance(expression, Words):
        return True
    if isinstance(expression, Name):
        return expression.name in known
    if isinstance(expression, Series):
        return all(completes(part, known) for part in expression.parts)
    if isinstance(expression, Choice):
        return any(completes(option, known) for option in expression.options)
    return expression.least == 0 or completes(expression.part, known)


def pruned(expression: Expression, known: set[str]) -> Expression:
    """Without what cannot be completed; the whole can."""
    if isinstance(expression, Series):
        return series(*(pruned(part, known) for part in expression.parts))
    if isinstance(expression, Choice):
        return choice(pruned(option, known) for option in expression.options if completes(option, known))
    if isinstance(expression, Repeat) and not completes(expression.part, known):
        return EMPTY
    return expression


def names(expression: Expression) -> Iterator[str]:
    """The rules that it names."""
    if isinstance(expression, Name):
        yield expression.name
    elif isinstance(expression, Repeat):
        yield from names(expression.part)
    elif isinstance(expression, Series | Choice):
        for part in expression.parts if isinstance(expression, Series) else expression.options:
            yield from names(part)


def spelled(expression: Expression, within: bool = False) -> str:
    """As GBNF; `within`: beside others, so that a choice needs parentheses."""
    match expression:
        case Words(text):
            return text
        case Name(name):
            return name
        case Series(parts):
            return " ".join(spelled(part, within=True) for part in parts) or '""'
        case Choice(options):
            text = " | ".join(spelled(option) for option in options)
            return f"({text})" if within else text
        case Repeat(part, least, most):
            return spelled(part) + _times(least, most)


def _times(least: int, most: int | None) -> str:
    if most is None:
        return {0: "*", 1: "+"}.get(least, f"{{{least},}}")
    if (least, most) == (0, 1):
        return "?"
    return f"{{{least}}}" if least == most else f"{{{least},{most}}}"
