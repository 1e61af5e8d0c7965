"""An object's members: declared ones in order, those that may be left out left out, others after them.

A state is how many declared members are behind and how many were written, as far as that matters: for the comma, for
minProperties and for maxProperties. Other members count once towards minProperties, since two may have one name.
"""

from msgspec import Struct

from providers.engine.grammar.expression import EMPTY, Choice, Expression, Name, Words, choice, series
from providers.engine.grammar.limits import Budget
from providers.engine.grammar.store import Store

WS, COMMA = Words("ws"), Words("comma")
NEVER = Choice(())


class Entry(Struct, frozen=True):
    """A declared member, name and value."""

    written: Expression
    required: bool


class Members:
    """Between an object's braces; `least` and `most` are minProperties and maxProperties."""

    def __init__(self, store: Store, prefix: str, least: int, most: int | None, budget: Budget) -> None:
        self._store, self._prefix, self._budget = store, prefix, budget
        self._least, self._most = least, most

    def written(self, entries: list[Entry], extra: Name | None) -> Expression:
        """All of them, with the white space before the brace."""
        required = sum(entry.required for entry in entries)
        least = self._least if self._least > required else 0
        if least > len(entries) + (extra is not None):
            return NEVER
        most = self._most
        if most is not None and most >= len(entries) and extra is None:
            most = None
        top = max(1, least) if most is None else min(most, len(entries) + 1)
        after = [self._tail(count, extra, least, most) for count in range(top + 1)]
        possible = len(entries) + (extra is not None)
        for behind in reversed(range(len(entries))):
            entry = entries[behind]
            counts = [count for count in range(min(behind, top) + 1) if count + possible - behind >= least]
            self._budget.spend(3 * len(counts))
            if not entry.required:
                after = [self._short(each) for each in after]
            states = {count: self._state(entry, count, after, most) for count in counts}
            after = [states.get(count, NEVER) for count in range(top + 1)]
        return after[0]

    def _state(self, entry: Entry, count: int, after: list[Expression], most: int | None) -> Expression:
        options: list[Expression] = []
        if most is None or count < most:
            following = after[min(count + 1, len(after) - 1)]
            options.append(series(COMMA if count else EMPTY, entry.written, following))
        if not entry.required:
            options.append(after[count])
        return self._short(choice(options)) if len(options) > 1 else choice(options)

    def _short(self, expression: Expression) -> Expression:
        """By a name, so that it is written once."""
        if isinstance(expression, Name | Words) or expression in (EMPTY, NEVER):
            return expression
        return self._store.define(self._store.fresh(self._prefix), expression)

    def _tail(self, count: int, extra: Name | None, least: int, most: int | None) -> Expression:
        """When all declared ones are behind."""
        options: list[Expression] = [WS if count else EMPTY] if count >= least else []
        if extra is not None and count + 1 >= least and (most is None or count < most):
            more = self._store.define(self._store.fresh(self._prefix), series(COMMA, extra))
            rest = self._store.repeat(more, 0, None if most is None else most - count - 1, self._prefix)
            options.append(series(COMMA if count else EMPTY, extra, rest, WS))
        return choice(options)
