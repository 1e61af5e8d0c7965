"""Whether a value keeps a tree, and whether two trees have no value in common."""

from collections.abc import Callable
from decimal import Decimal
from itertools import product

from providers.engine.grammar.automaton import Automaton, intersect
from providers.engine.grammar.limits import Budget, Refusal
from providers.engine.grammar.numbers import Bounds
from providers.engine.grammar.tree import (
    NOTHING,
    Anything,
    Array,
    Json,
    Literals,
    Node,
    Number,
    Object,
    Ref,
    Text,
    Union,
    kind,
    same,
)

DEEPEST = 24


class Judge:
    """Compares trees with values and with each other; `resolve` gives a definition's tree."""

    def __init__(self, resolve: Callable[[str], Node], budget: Budget) -> None:
        self._resolve, self._budget = resolve, budget

    def accepts(self, node: Node, value: Json, wide: bool = False, depth: int = 0) -> bool:
        """Whether the value keeps the schema. `wide`: where a format is in doubt, it does."""
        self._budget.spend(1)
        if depth > DEEPEST:
            raise Refusal("a value is compared with schemas that refer to themselves")
        if isinstance(node, Anything):
            return True
        if isinstance(node, Literals):
            return any(same(value, each) for each in node.values)
        if isinstance(node, Ref):
            return self.accepts(self._resolve(node.pointer), value, wide, depth + 1)
        if isinstance(node, Union):
            known = any(self.accepts(option, value, wide, depth + 1) for option in node.options)
            return known or (node.loose and kind(value) not in {type(option) for option in node.options})
        if kind(value) is not type(node):
            return node.loose
        return self._keeps(node, value, wide, depth)

    def _keeps(self, node: Node, value: Json, wide: bool, depth: int) -> bool:
        if isinstance(node, Text) and isinstance(value, str):
            spelled = (node.formatted and wide) or all(each.accepts(value) for each in node.languages)
            return _within(len(value), node.least, node.most) and spelled
        if isinstance(node, Number) and isinstance(value, int | Decimal):
            return number_keeps(node, Decimal(value))
        if isinstance(node, Array) and isinstance(value, list):
            tail = (node.items,) * (len(value) - len(node.prefix))
            fits = zip((*node.prefix, *tail), value, strict=False)
            kept = all(self.accepts(each, one, wide, depth + 1) for each, one in fits)
            return kept and _within(len(value), node.least, node.most)
        assert isinstance(node, Object) and isinstance(value, dict)
        known, other = dict(node.properties), node.extra or Anything()
        kept = all(self.accepts(known.get(name, other), one, wide, depth + 1) for name, one in value.items())
        named = node.names is None or all(node.names.accepts(name) for name in value)
        whole = all(name in value for name in node.required)
        return kept and named and whole and _within(len(value), node.least, node.most)

    def disjoint(self, one: Node, other: Node, depth: int = 0) -> bool:
        """Whether it is certain that no value keeps both; False when in doubt."""
        self._budget.spend(2)
        if NOTHING in (one, other):
            return True
        if depth > DEEPEST or isinstance(one, Anything) or isinstance(other, Anything):
            return False
        if isinstance(one, Ref):
            return self.disjoint(self._resolve(one.pointer), other, depth + 1)
        if isinstance(other, Ref):
            return self.disjoint(one, self._resolve(other.pointer), depth + 1)
        if isinstance(one, Union) or isinstance(other, Union):
            return self._options_disjoint(one, other, depth)
        if isinstance(one, Literals):
            return not any(self.accepts(other, value, wide=True) for value in one.values)
        if isinstance(other, Literals):
            return not any(self.accepts(one, value, wide=True) for value in other.values)
        if type(one) is not type(other):
            return not one.loose and not other.loose
        return self._kind_disjoint(one, other, depth)

    def _options_disjoint(self, one: Node, other: Node, depth: int) -> bool:
        if any(isinstance(node, Union) and node.loose for node in (one, other)):
            return False
        mine = one.options if isinstance(one, Union) else (one,)
        others = other.options if isinstance(other, Union) else (other,)
        return all(self.disjoint(*pair, depth + 1) for pair in product(mine, others))

    def _kind_disjoint(self, one: Node, other: Node, depth: int) -> bool:
        if isinstance(one, Number) and isinstance(other, Number):
            return _before(one.bounds, other.bounds) or _before(other.bounds, one.bounds)
        assert isinstance(one, Text | Array | Object) and isinstance(other, Text | Array | Object)
        if _apart(one.least, one.most, other.least, other.most):
            return True
        if isinstance(one, Text) and isinstance(other, Text):
            return not (one.formatted or other.formatted) and self._no_word(one.languages + other.languages)
        if isinstance(one, Array) and isinstance(other, Array):
            sure = min(max(one.least, other.least), len(one.prefix), len(other.prefix))
            pairs = zip(one.prefix[:sure], other.prefix[:sure], strict=True)
            return any(self.disjoint(*pair, depth + 1) for pair in pairs)
        assert isinstance(one, Object) and isinstance(other, Object)
        mine, others = dict(one.properties), dict(other.properties)
        left, right = one.extra or Anything(), other.extra or Anything()
        return any(
            self.disjoint(mine.get(name, left), others.get(name, right), depth + 1)
            for name in dict.fromkeys((*one.required, *other.required))
        )

    def _no_word(self, languages: tuple[Automaton, ...]) -> bool:
        if len(languages) < 2:
            return False
        found = languages[0]
        for each in languages[1:]:
            found = intersect(found, each, self._budget)
        return not found.edges


def number_keeps(node: Number, value: Decimal) -> bool:
    """Whether a number is between the bounds and a multiple."""
    bounds = node.bounds
    low = bounds.low is None or (value > bounds.low if bounds.low_open else value >= bounds.low)
    high = bounds.high is None or (value < bounds.high if bounds.high_open else value <= bounds.high)
    whole = value == value.to_integral_value() and int(value) % bounds.multiple == 0
    return low and high and (not node.whole or whole)


def _before(one: Bounds, other: Bounds) -> bool:
    """Whether every number of `one` is below those of `other`."""
    if one.high is None or other.low is None:
        return False
    return one.high < other.low or (one.high == other.low and (one.high_open or other.low_open))


def _within(count: int, least: int, most: int | None) -> bool:
    return least <= count and (most is None or count <= most)


def _apart(least: int, most: int | None, other_least: int, other_most: int | None) -> bool:
    return (most is not None and most < other_least) or (other_most is not None and other_most < least)
