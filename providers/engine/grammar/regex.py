"""A pattern becomes the automaton of the whole texts in which it is found: JSON Schema's patterns are not anchored.

Thompson's construction, then subsets of states.
"""

from collections.abc import Iterable
from itertools import pairwise

from providers.engine.grammar.automaton import Automaton, explore
from providers.engine.grammar.charset import ALL, Charset, contains, intersection, union
from providers.engine.grammar.limits import STATES, Budget, Refusal
from providers.engine.grammar.pattern import BEGIN, END, Either, Pattern, Sequence, Set, Times, read

SYMBOLS = union((ALL, ((BEGIN, END),)))


def compiled(pattern: str, budget: Budget) -> Automaton:
    """What texts hold this pattern. Raises Refusal."""
    machine = Machine(budget)
    machine.move(0, SYMBOLS, 0)
    machine.move(1, SYMBOLS, 1)
    machine.join(machine.build(read(pattern), 0), 1)
    return machine.determined()


class Machine:
    """A nondeterministic automaton: 0 is its start, 1 its end."""

    def __init__(self, budget: Budget) -> None:
        self._moves: list[list[tuple[Charset, int]]] = [[], []]
        self._free: list[list[int]] = [[], []]
        self._budget = budget

    def move(self, source: int, on: Charset, target: int) -> None:
        """One character leads on."""
        self._moves[source].append((on, target))

    def join(self, source: int, target: int) -> None:
        """Leads on without a character."""
        self._free[source].append(target)

    def build(self, pattern: Pattern, start: int) -> int:
        """Append a pattern after `start`; the state after it is returned."""
        self._budget.spend(1)
        if isinstance(pattern, Set):
            end = self._state()
            self.move(start, pattern.characters, end)
            return end
        if isinstance(pattern, Sequence):
            for part in pattern.parts:
                start = self.build(part, start)
            return start
        if isinstance(pattern, Either):
            end = self._state()
            for option in pattern.options:
                begin = self._state()
                self.join(start, begin)
                self.join(self.build(option, begin), end)
            return end
        return self._times(pattern, start)

    def _times(self, pattern: Times, start: int) -> int:
        for _ in range(pattern.least):
            start = self.build(pattern.part, start)
        end = self._state()
        if pattern.most is None:
            loop = self._state()
            self.join(start, loop)
            self.join(self.build(pattern.part, loop), loop)
            self.join(loop, end)
            return end
        for _ in range(pattern.most - pattern.least):
            self.join(start, end)
            begin = self._state()
            self.join(start, begin)
            start = self.build(pattern.part, begin)
        self.join(start, end)
        return end

    def _state(self) -> int:
        self._moves.append([])
        self._free.append([])
        if len(self._moves) > 4 * STATES:
            raise Refusal("the pattern is too large when its repetitions are written out")
        return len(self._moves) - 1

    def determined(self) -> Automaton:
        """Deterministic, over the characters between the two marks."""
        useful = self._reaching()

        def clean(states: Iterable[int]) -> frozenset[int]:
            found = self._closure(states)
            return frozenset((1,)) if 1 in found else found & useful

        start = clean(self._after(self._closure((0,)), BEGIN))
        return explore(
            start,
            lambda state: ((on, clean(found)) for on, found in self._steps(state)),
            lambda state: 1 in self._closure(self._after(state, END)),
            self._budget,
        )

    def _after(self, states: Iterable[int], symbol: int) -> set[int]:
        return {target for state in states for on, target in self._moves[state] if contains(on, symbol)}

    def _closure(self, states: Iterable[int]) -> frozenset[int]:
        found = set(states)
        waiting = list(found)
        while waiting:
            self._budget.spend(1)
            fresh = [each for each in self._free[waiting.pop()] if each not in found]
            found.update(fresh)
            waiting.extend(fresh)
        return frozenset(found)

    def _steps(self, states: frozenset[int]) -> Iterable[tuple[Charset, frozenset[int]]]:
        """Each set of next states, with the characters that lead there."""
        moves = [(on, target) for state in states for on, target in self._moves[state]]
        cuts = sorted({edge for on, _ in moves for low, high in on for edge in (low, high + 1) if low <= ALL[-1][1]})
        targets: dict[frozenset[int], list[tuple[int, int]]] = {}
        for low, after in pairwise(cuts):
            self._budget.spend(1 + len(moves) // 4)
            found = frozenset(target for on, target in moves if contains(on, low))
            if found and low <= ALL[-1][1]:
                targets.setdefault(found, []).append((low, min(after - 1, ALL[-1][1])))
        return [(characters, found) for found, parts in targets.items() if (characters := _characters(parts))]

    def _reaching(self) -> frozenset[int]:
        """The states from which the end can be reached inside a text, that is without ^."""
        sources: list[list[int]] = [[] for _ in self._moves]
        for state, (moves, free) in enumerate(zip(self._moves, self._free, strict=True)):
            for on, target in moves:
                if on != ((BEGIN, BEGIN),):
                    sources[target].append(state)
            for target in free:
                sources[target].append(state)
        found, waiting = {1}, [1]
        while waiting:
            fresh = [each for each in sources[waiting.pop()] if each not in found]
            found.update(fresh)
            waiting.extend(fresh)
        return frozenset(found)


def _characters(parts: list[tuple[int, int]]) -> Charset:
    return intersection(union((tuple(parts),)), ALL)
