"""Two schemas at once: the tree of what keeps both (allOf, a reference with neighbours, anyOf beside properties)."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from math import lcm

from providers.engine.grammar.automaton import intersect
from providers.engine.grammar.judge import Judge
from providers.engine.grammar.limits import Budget, Refusal
from providers.engine.grammar.numbers import Bounds
from providers.engine.grammar.tree import NOTHING, Anything, Array, Literals, Node, Number, Object, Ref, Text, Union

DEEPEST = 24


class Meeting:
    """Merges trees; `resolve` gives a definition's tree."""

    def __init__(self, resolve: Callable[[str], Node], judge: Judge, budget: Budget) -> None:
        self._resolve, self._judge, self._budget = resolve, judge, budget
        self._depth = 0

    def meet(self, one: Node, other: Node) -> Node:
        """What keeps both. Raises Refusal when that cannot be written as one schema."""
        self._budget.spend(5)
        self._depth += 1
        if self._depth > DEEPEST:
            raise Refusal("schemas that are merged refer to themselves")
        try:
            return self._meet(one, other)
        finally:
            self._depth -= 1

    def _meet(self, one: Node, other: Node) -> Node:
        if isinstance(one, Anything) or one == other:
            return other
        if isinstance(other, Anything):
            return one
        if isinstance(one, Ref):
            return self.meet(self._resolve(one.pointer), other)
        if isinstance(other, Ref):
            return self.meet(one, self._resolve(other.pointer))
        if isinstance(one, Union):
            return joined((self.meet(option, other) for option in one.options), one.loose and _loose(other))
        if isinstance(other, Union):
            return joined((self.meet(one, option) for option in other.options), other.loose and _loose(one))
        if isinstance(one, Literals):
            return self._kept(one, other)
        if isinstance(other, Literals):
            return self._kept(other, one)
        if type(one) is not type(other):
            return _of_two_kinds(one, other)
        return self._of_one_kind(one, other)

    def _kept(self, one: Literals, other: Node) -> Node:
        self._budget.spend(len(one.values))
        values = tuple(value for value in one.values if self._judge.accepts(other, value))
        return Literals(values) if values else NOTHING

    def _of_one_kind(self, one: Node, other: Node) -> Node:
        if isinstance(one, Text) and isinstance(other, Text):
            return Text(
                max(one.least, other.least),
                _least(one.most, other.most),
                tuple(dict.fromkeys((*one.languages, *other.languages))),
                one.formatted or other.formatted,
                one.loose and other.loose,
            )
        if isinstance(one, Number) and isinstance(other, Number):
            whole = one.whole or other.whole
            return Number(bounds_of_both(one.bounds, other.bounds), whole, one.loose and other.loose)
        if isinstance(one, Array) and isinstance(other, Array):
            return self._arrays(one, other)
        assert isinstance(one, Object) and isinstance(other, Object)
        return self._objects(one, other)

    def _arrays(self, one: Array, other: Array) -> Array:
        length = max(len(one.prefix), len(other.prefix))
        prefix = tuple(self.meet(item(one, index), item(other, index)) for index in range(length))
        return Array(
            prefix,
            self.meet(one.items, other.items),
            max(one.least, other.least),
            _least(one.most, other.most),
            one.loose and other.loose,
        )

    def _objects(self, one: Object, other: Object) -> Object:
        declared = dict.fromkeys((*dict(one.properties), *dict(other.properties)))
        properties = tuple((name, self.meet(member(one, name), member(other, name))) for name in declared)
        if one.extra is None or other.extra is None:
            extra = one.extra if other.extra is None else other.extra
        else:
            extra = self.meet(one.extra, other.extra)
        names = one.names or other.names
        if one.names and other.names:
            names = intersect(one.names, other.names, self._budget)
        return Object(
            properties,
            tuple(dict.fromkeys((*one.required, *other.required))),
            extra,
            names,
            max(one.least, other.least),
            _least(one.most, other.most),
            one.loose and other.loose,
        )


def item(array: Array, index: int) -> Node:
    """What the array says of the item at this index."""
    return array.prefix[index] if index < len(array.prefix) else array.items


def member(node: Object, name: str) -> Node:
    """What the object says of the value with this name."""
    return dict(node.properties).get(name, Anything() if node.extra is None else node.extra)


def joined(options: Iterable[Node], loose: bool = False) -> Node:
    """One of these, without what is impossible."""
    possible = tuple(option for option in options if option != NOTHING)
    return possible[0] if len(possible) == 1 and not loose else Union(possible, loose)


def bounds_of_both(one: Bounds, other: Bounds) -> Bounds:
    """The narrower bound on each side."""
    low, low_open = _stricter(one.low, one.low_open, other.low, other.low_open, up=True)
    high, high_open = _stricter(one.high, one.high_open, other.high, other.high_open, up=False)
    return Bounds(low, high, low_open, high_open, lcm(one.multiple, other.multiple))


def _stricter(
    one: Decimal | None, one_open: bool, other: Decimal | None, other_open: bool, up: bool
) -> tuple[Decimal | None, bool]:
    if one is None:
        return other, other_open and other is not None
    if other is None:
        return one, one_open
    if one == other:
        return one, one_open or other_open
    return (one, one_open) if (one > other) == up else (other, other_open)


def _least(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _loose(node: Node) -> bool:
    return isinstance(node, Text | Number | Array | Object | Union) and node.loose


def _of_two_kinds(one: Node, other: Node) -> Node:
    """A schema without a type says nothing of other kinds."""
    if _loose(one) and _loose(other):
        return Union((one, other), loose=True)
    if _loose(one):
        return other
    return one if _loose(other) else NOTHING
