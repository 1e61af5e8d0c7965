"""What a schema says, as a tree: the values that one may choose from when writing.

`loose` marks what came from a schema without a type: a value of another kind keeps that schema too, though none is ever
written for it. It matters only where two schemas must be told apart (oneOf).
"""

from decimal import Decimal
from typing import Any

from msgspec import Struct

from providers.engine.grammar.automaton import Automaton
from providers.engine.grammar.numbers import Bounds

Json = None | bool | int | Decimal | str | list[Any] | dict[str, Any]


class Anything(Struct, frozen=True):
    """Any JSON value."""


class Literals(Struct, frozen=True):
    """One of these values, each as JSON was read: numbers are int or Decimal."""

    values: tuple[Any, ...]


class Text(Struct, frozen=True):
    """A string of `least` to `most` characters, in all these languages; `formatted`: one of them is of a format.

    A format's language may be smaller than what the format allows.
    """

    least: int = 0
    most: int | None = None
    languages: tuple[Automaton, ...] = ()
    formatted: bool = False
    loose: bool = False


class Number(Struct, frozen=True):
    """A number; `whole`: without a fraction."""

    bounds: Bounds = Bounds()
    whole: bool = False
    loose: bool = False


class Array(Struct, frozen=True):
    """`prefix` for the first items, `items` for the others."""

    prefix: tuple["Node", ...] = ()
    items: "Node" = Anything()
    least: int = 0
    most: int | None = None
    loose: bool = False


class Object(Struct, frozen=True):
    """`properties` in their order; other names have values of `extra` (None: not said, so that any are allowed).

    `names`: the language of all names (None: any).
    """

    properties: tuple[tuple[str, "Node"], ...] = ()
    required: tuple[str, ...] = ()
    extra: "Node | None" = None
    names: Automaton | None = None
    least: int = 0
    most: int | None = None
    loose: bool = False


class Union(Struct, frozen=True):
    """One of these; of none there is no value. `loose`: values of other kinds than these keep the schema too."""

    options: tuple["Node", ...] = ()
    loose: bool = False


class Ref(Struct, frozen=True):
    """A definition, by its pointer."""

    pointer: str


Node = Anything | Literals | Text | Number | Array | Object | Union | Ref
NOTHING = Union()
NULL, BOOLEAN = Literals((None,)), Literals((True, False))


def same(one: Json, other: Json) -> bool:
    """Equality as JSON Schema has it: 1 is 1.0, but true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    return one == other


def kind(value: Json) -> type[Text | Number | Array | Object] | None:
    """The kind of node that speaks of such a value; None for null, true and false."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return Text
    if isinstance(value, int | Decimal):
        return Number
    return Array if isinstance(value, list) else Object
