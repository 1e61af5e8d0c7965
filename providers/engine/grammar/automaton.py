"""Deterministic automata over code points: what a string or a number may be, exactly.

Every state is reachable and reaches acceptance, so whoever writes by one is never stuck.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from msgspec import Struct

from providers.engine.grammar.charset import ALL, Charset, contains, intersection, union
from providers.engine.grammar.limits import STATES, Budget, Refusal

State = TypeVar("State", bound=Hashable)
Edges = tuple[tuple[Charset, int], ...]
SMALL = 60
"""Up to so many states an automaton is made minimal; beyond, equal ends are shared only."""


class Automaton(Struct, frozen=True):
    """`edges[state]` leads by disjoint sets to other states; 0 is the start. No states: nothing is accepted."""

    edges: tuple[Edges, ...]
    accepting: frozenset[int]

    def accepts(self, text: str) -> bool:
        """Whether it accepts a text."""
        if not self.edges:
            return False
        state = 0
        for character in text:
            following = [target for on, target in self.edges[state] if contains(on, ord(character))]
            if not following:
                return False
            state = following[0]
        return state in self.accepting


def explore(
    start: State,
    step: Callable[[State], Iterable[tuple[Charset, State]]],
    accepts: Callable[[State], bool],
    budget: Budget,
) -> Automaton:
    """The automaton whose states are what `step` finds from `start`; the sets of one step must be disjoint."""
    numbers: dict[State, int] = {start: 0}
    order = [start]
    edges: list[dict[int, Charset]] = []
    for state in order:
        out: dict[int, Charset] = {}
        for on, target in step(state):
            budget.spend(1)
            number = numbers.setdefault(target, len(order))
            if number == len(order):
                order.append(target)
            out[number] = union((out[number], on)) if number in out else on
        edges.append(out)
        if len(order) > STATES:
            raise Refusal(f"what a string or number may be takes more than {STATES} states")
    accepting = {number for state, number in numbers.items() if accepts(state)}
    return _trim(edges, accepting, budget)


def everything() -> Automaton:
    """Any text."""
    return Automaton((((ALL, 0),),), frozenset((0,)))


def words(texts: Iterable[str], budget: Budget) -> Automaton:
    """These texts alone."""
    known = frozenset(texts)

    def step(state: frozenset[str]) -> Iterable[tuple[Charset, frozenset[str]]]:
        for first in sorted({text[0] for text in state if text}):
            yield ((ord(first), ord(first)),), frozenset(text[1:] for text in state if text[:1] == first)

    return explore(known, step, lambda state: "" in state, budget)


def intersect(one: Automaton, other: Automaton, budget: Budget) -> Automaton:
    """What both accept."""
    if not one.edges or not other.edges:
        return Automaton((), frozenset())

    def step(state: tuple[int, int]) -> Iterable[tuple[Charset, tuple[int, int]]]:
        for on, target in one.edges[state[0]]:
            for along, goal in other.edges[state[1]]:
                budget.spend(1)
                if both := intersection(on, along):
                    yield both, (target, goal)

    return explore((0, 0), step, lambda state: state[0] in one.accepting and state[1] in other.accepting, budget)


def without(one: Automaton, other: Automaton, budget: Budget) -> Automaton:
    """What `one` accepts and `other` does not."""
    if not one.edges or not other.edges:
        return one
    lost = -1

    def step(state: tuple[int, int]) -> Iterable[tuple[Charset, tuple[int, int]]]:
        for on, target in one.edges[state[0]]:
            known = other.edges[state[1]] if state[1] != lost else ()
            for along, goal in known:
                budget.spend(1)
                if both := intersection(on, along):
                    yield both, (target, goal)
            if rest := minus(on, union(along for along, _ in known)):
                yield rest, (target, lost)

    return explore((0, 0), step, lambda state: state[0] in one.accepting and state[1] not in other.accepting, budget)


def minus(one: Charset, other: Charset) -> Charset:
    """What is in `one` and not in `other`."""
    left = list(one)
    for low, high in other:
        cut = [part for start, end in left for part in ((start, min(end, low - 1)), (max(start, high + 1), end))]
        left = [(start, end) for start, end in cut if start <= end]
    return tuple(left)


def limited(one: Automaton, least: int, most: int | None, budget: Budget) -> Automaton:
    """What it accepts, of `least` to `most` characters."""
    longest = _longest(one)
    if not one.edges or (least == 0 and (most is None or (longest is not None and longest <= most))):
        return one
    known = least if most is None else most

    def step(state: tuple[int, int]) -> Iterable[tuple[Charset, tuple[int, int]]]:
        if most is None or state[1] < most:
            for on, target in one.edges[state[0]]:
                yield on, (target, min(known, state[1] + 1))

    return explore((0, 0), step, lambda state: state[0] in one.accepting and state[1] >= least, budget)


def _longest(one: Automaton) -> int | None:
    """Characters of its longest text; None: there is none."""
    entries = [0] * len(one.edges)
    for row in one.edges:
        for _, target in row:
            entries[target] += 1
    lengths = [0] * len(one.edges)
    ready = [state for state, count in enumerate(entries) if not count]
    for state in ready:
        for _, target in one.edges[state]:
            lengths[target] = max(lengths[target], lengths[state] + 1)
            entries[target] -= 1
            if not entries[target]:
                ready.append(target)
    return max(lengths, default=0) if len(ready) == len(lengths) else None


def _trim(edges: list[dict[int, Charset]], accepting: set[int], budget: Budget) -> Automaton:
    """Without the states that reach no acceptance; equal ones become one."""
    sources: list[list[int]] = [[] for _ in edges]
    for number, out in enumerate(edges):
        for target in out:
            sources[target].append(number)
    alive, waiting = set(accepting), list(accepting)
    while waiting:
        fresh = [each for each in sources[waiting.pop()] if each not in alive]
        alive.update(fresh)
        waiting.extend(fresh)
    if 0 not in alive:
        return Automaton((), frozenset())
    live = [{target: on for target, on in out.items() if target in alive} for out in edges]
    return _merge(live, accepting, sorted(alive), budget)


def _merge(edges: list[dict[int, Charset]], accepting: set[int], alive: list[int], budget: Budget) -> Automaton:
    """States with equal futures become one: all of them in a small automaton, equal ends in a large one."""
    same = {state: state for state in alive}
    rounds = 1
    while rounds:
        rounds = 0
        seen: dict[Hashable, int] = {}
        for state in reversed(alive):
            budget.spend(1 + len(edges[state]))
            key = _future(edges[state], same, state in accepting)
            kept = seen.setdefault(key, state) if same[state] == state else same[state]
            if kept != same[state]:
                same[state], rounds = kept, 1
    if len(set(same.values())) <= SMALL:
        same = _moore(edges, accepting, sorted(set(same.values())), same, budget)
    return _renumber(edges, accepting, same)


def _future(edges: dict[int, Charset], same: dict[int, int], accepting: bool) -> Hashable:
    joined: dict[int, list[Charset]] = {}
    for target, on in edges.items():
        joined.setdefault(same[target], []).append(on)
    return accepting, frozenset((target, union(sets)) for target, sets in joined.items())


def _moore(
    edges: list[dict[int, Charset]], accepting: set[int], states: list[int], same: dict[int, int], budget: Budget
) -> dict[int, int]:
    """The coarsest classes of states that no text tells apart, each named by its first state."""
    classes = {state: int(state in accepting) for state in states}
    count = len(set(classes.values()))
    while True:
        budget.spend(sum(1 + len(edges[state]) for state in states))
        through = {state: classes[kept] for state, kept in same.items()}
        keys = {state: _future(edges[state], through, state in accepting) for state in states}
        numbers: dict[Hashable, int] = {}
        classes = {state: numbers.setdefault((classes[state], keys[state]), len(numbers)) for state in states}
        if len(numbers) == count:
            break
        count = len(numbers)
    first: dict[int, int] = {}
    for state in states:
        first.setdefault(classes[state], state)
    return {state: first[classes[kept]] for state, kept in same.items()}


def _renumber(edges: list[dict[int, Charset]], accepting: set[int], same: dict[int, int]) -> Automaton:
    order, numbers = [same[0]], {same[0]: 0}
    rows: list[Edges] = []
    for state in order:
        row: dict[int, list[Charset]] = {}
        for target, on in edges[state].items():
            number = numbers.setdefault(same[target], len(order))
            if number == len(order):
                order.append(same[target])
            row.setdefault(number, []).append(on)
        rows.append(tuple((union(sets), number) for number, sets in row.items()))
    return Automaton(tuple(rows), frozenset(number for number, state in enumerate(order) if state in accepting))
