"""Numbers between bounds, as automata over the digits of JSON: exact, with no leading zero and no -0.

A bounded number with a fraction has no exponent and at most 15 digits, because so many survive a double: what is below
a bound on paper is below it for every reader.
"""

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal, cast

from msgspec import Struct

from providers.engine.grammar.automaton import Automaton, explore
from providers.engine.grammar.charset import Charset
from providers.engine.grammar.limits import DIGITS, Budget, Refusal

MOST_DIGITS = 30
"""Of a bound."""
MOST_MULTIPLE = 100
REMAINDERS = 400
"""Digits times multiple, for whole numbers without a bound: what their automaton has room for."""
FRACTION = 6
"""Digits after the point that a bounded number has room for, where its bounds leave it."""
MINUS, POINT = ord("-"), ord(".")

Relation = Literal["<", "=", ">"]


class Bounds(Struct, frozen=True):
    """What a number may be; None: no bound. `multiple` is of whole numbers alone."""

    low: Decimal | None = None
    high: Decimal | None = None
    low_open: bool = False
    high_open: bool = False
    multiple: int = 1


class Range(Struct, frozen=True):
    """Magnitudes from `low` to `high`, as digits before and after the point; an empty `high`: no bound."""

    low: tuple[str, str]
    high: tuple[str, str] | None
    low_open: bool
    high_open: bool


class At(Struct, frozen=True):
    """How far a magnitude is written: its digits, how they compare with both bounds, and the remainder."""

    negative: bool
    whole: int = 0
    fraction: int | None = None
    low: Relation = "="
    high: Relation = "="
    rest: int = 0
    zero: bool = False


def automaton(bounds: Bounds, whole: bool, budget: Budget) -> Automaton:
    """The numbers between these bounds; whole ones alone have no point. Raises Refusal."""
    if bounds.multiple > MOST_MULTIPLE:
        raise Refusal(f"multipleOf is enforced up to {MOST_MULTIPLE}")
    writer, start = _Writer(bounds if whole else _fitted(bounds), whole), cast("str | At", "")
    return explore(start, writer.step, writer.complete, budget)


class _Writer:
    """The steps of writing one number, character by character; the empty text is the start, "-" a sign alone."""

    def __init__(self, bounds: Bounds, whole: bool) -> None:
        self._multiple = bounds.multiple
        self._ranges = {False: _upwards(bounds), True: _upwards(_mirrored(bounds))}
        self._before, self._after = _room(bounds, whole)

    def step(self, state: str | At) -> Iterable[tuple[Charset, str | At]]:
        """The characters that may follow, and the states they lead to."""
        if isinstance(state, At):
            yield from self._more(state)
            return
        if not state:
            yield ((MINUS, MINUS),), "-"
        if self._ranges[state == "-"] is not None:
            yield from ((_digit(digit), self._whole(At(state == "-"), digit)) for digit in range(10))

    def complete(self, state: str | At) -> bool:
        """Whether the number may end here."""
        if isinstance(state, str) or state.fraction == 0 or state.rest:
            return False
        bound = self._ranges[state.negative]
        assert bound is not None
        low, high = self._compared(state, bound)
        least = low == ">" or (low == "=" and not bound.low_open)
        return least and (bound.high is None or high == "<" or (high == "=" and not bound.high_open))

    def _more(self, state: At) -> Iterable[tuple[Charset, At]]:
        if state.fraction is None:
            if not state.zero and state.whole < self._before:
                yield from ((_digit(digit), self._whole(state, digit)) for digit in range(10))
            if self._after:
                low, high = self._compared_whole(state)
                yield ((POINT, POINT),), At(state.negative, 0, 0, low, high)
        elif state.fraction < self._after:
            yield from ((_digit(digit), self._fraction(state, digit)) for digit in range(10))

    def _whole(self, state: At, digit: int) -> At:
        bound = self._ranges[state.negative]
        assert bound is not None
        low = _leading(state.low, digit, bound.low[0], state.whole)
        high = _leading(state.high, digit, bound.high[0], state.whole) if bound.high else "<"
        rest = (state.rest * 10 + digit) % self._multiple
        return At(state.negative, state.whole + 1, None, low, high, rest, state.whole == 0 and digit == 0)

    def _fraction(self, state: At, digit: int) -> At:
        bound = self._ranges[state.negative]
        assert bound is not None and state.fraction is not None
        low = _compare(state.low, digit, bound.low[1], state.fraction, "0")
        high = _compare(state.high, digit, bound.high[1], state.fraction, "0") if bound.high else "<"
        return At(state.negative, 0, state.fraction + 1, low, high)

    def _compared(self, state: At, bound: Range) -> tuple[Relation, Relation]:
        """How what is written compares with the bounds if nothing follows."""
        low, high = (state.low, state.high) if state.fraction is not None else self._compared_whole(state)
        at = state.fraction or 0
        if low == "=" and bound.low[1][at:].strip("0"):
            low = "<"
        if high == "=" and bound.high and bound.high[1][at:].strip("0"):
            high = "<"
        return low, high

    def _compared_whole(self, state: At) -> tuple[Relation, Relation]:
        """How the digits before the point compare, now that they are all there."""
        bound = self._ranges[state.negative]
        assert bound is not None
        return _by_length(state, state.low, bound.low[0]), _by_length(state, state.high, bound.high and bound.high[0])


def _by_length(state: At, relation: Relation, bound: str | None) -> Relation:
    if bound is None or state.whole == len(bound):
        return relation
    return "<" if state.whole < len(bound) else ">"


def _leading(relation: Relation, digit: int, bound: str, at: int) -> Relation:
    """How digits from the first on compare; what is longer than the bound is more."""
    return ">" if at >= len(bound) else _compare(relation, digit, bound, at)


def _compare(relation: Relation, digit: int, bound: str, at: int, beyond: str | None = None) -> Relation:
    other = bound[at] if at < len(bound) else beyond
    if relation != "=" or other is None or digit == int(other):
        return relation
    return "<" if digit < int(other) else ">"


def _digit(digit: int) -> Charset:
    return ((48 + digit, 48 + digit),)


def _mirrored(bounds: Bounds) -> Bounds:
    """The bounds of -x; zero is written without a sign, so it is left out."""
    high, opened = (None, False) if bounds.low is None else (-bounds.low, bounds.low_open)
    low, low_open = (None, False) if bounds.high is None else (-bounds.high, bounds.high_open)
    if low is None or low <= 0:
        low, low_open = Decimal(0), True
    return Bounds(low, high, low_open, opened)


def _upwards(bounds: Bounds) -> Range | None:
    """The part of the bounds from zero up; None: there is none."""
    low, low_open = (bounds.low, bounds.low_open) if bounds.low is not None and bounds.low >= 0 else (Decimal(0), False)
    if bounds.high is not None and bounds.high < 0:
        return None
    return Range(_digits(low), None if bounds.high is None else _digits(bounds.high), low_open, bounds.high_open)


def _digits(value: Decimal) -> tuple[str, str]:
    """The digits before and after the point."""
    if abs(value.adjusted()) > MOST_DIGITS:
        raise Refusal(f"a bound of a number has more than {MOST_DIGITS} digits")
    whole, _, fraction = f"{abs(value):f}".partition(".")
    fraction = fraction.rstrip("0")
    if len(whole) + len(fraction) > MOST_DIGITS:
        raise Refusal(f"a bound of a number has more than {MOST_DIGITS} digits")
    return whole, fraction


def _fitted(bounds: Bounds) -> Bounds:
    """Bounds of at most 15 digits together: what is longer is rounded inwards."""
    given = [each for each in (bounds.low, bounds.high) if each is not None]
    room = DIGITS - max((len(_digits(each)[0]) for each in given), default=1)
    if room < 0:
        raise Refusal(f"a bound of a number with a fraction has more than {DIGITS} digits before the point")
    low, low_open = _rounded(bounds.low, bounds.low_open, room, ROUND_CEILING)
    high, high_open = _rounded(bounds.high, bounds.high_open, room, ROUND_FLOOR)
    return Bounds(low, high, low_open, high_open, bounds.multiple)


def _rounded(bound: Decimal | None, opened: bool, digits: int, way: str) -> tuple[Decimal | None, bool]:
    if bound is None or len(_digits(bound)[1]) <= digits:
        return bound, opened
    return bound.quantize(Decimal(1).scaleb(-digits), rounding=way), False


def _room(bounds: Bounds, whole: bool) -> tuple[int, int]:
    """How many digits stand before and after the point."""
    found = [_digits(each) for each in (bounds.low, bounds.high) if each is not None]
    before = max((len(each[0]) for each in found), default=1)
    after = max((len(each[1]) for each in found), default=0)
    if whole:
        free = min(DIGITS, REMAINDERS // bounds.multiple)
        return max(free, before + (bounds.high is None or bounds.low is None)), 0
    after = min(after, DIGITS - before)
    after = max(after, min(FRACTION, DIGITS - before))
    return DIGITS - after, after
