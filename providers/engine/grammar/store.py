"""The rules written so far: names that are free, pieces that are shared, and how much repetitions unroll to."""

from providers.engine.grammar.automaton import Automaton
from providers.engine.grammar.expression import Choice, Expression, Name, Repeat, Words, series
from providers.engine.grammar.limits import LENGTH, REPEATS, UNROLLED, Refusal
from providers.engine.grammar.shared import SHARED, value_rules
from providers.engine.grammar.spelling import automaton_rules, class_of, in_string

LONG = 8
"""Characters from which a piece of an automaton gets a name of its own."""
BLOCK = 100


class Store:
    """`rules` are trees, `raw` is GBNF that is complete already."""

    def __init__(self) -> None:
        self.rules: dict[str, Expression] = {}
        self.raw: dict[str, str] = SHARED | value_rules()
        self._pieces: dict[str, str] = {}
        self._machines: dict[tuple[Automaton, bool], str] = {}
        self._repeats: dict[tuple[str, int, int | None], Name | Words] = {}
        self._unrolled = self._count = 0

    def fresh(self, prefix: str) -> str:
        """A name that is not taken."""
        self._count += 1
        return f"{prefix}{self._count}"

    def define(self, name: str, expression: Expression) -> Name:
        """Write a rule."""
        self.rules[name] = expression
        return Name(name)

    def machine(self, machine: Automaton, prefix: str, string: bool) -> Words:
        """The rule of an automaton; `string`: inside quotes, where characters are escaped."""
        key = (machine, string)
        if key not in self._machines:
            base = self.fresh(prefix) + "-"
            spell = in_string if string else class_of
            self.raw |= automaton_rules(machine, base, spell, self._share)
            self._machines[key] = f"{base}0"
        return Words(self._machines[key])

    def repeat(self, part: Name | Words, least: int, most: int | None, prefix: str) -> Expression:
        """A rule or class, so many times. Raises Refusal when that unrolls to too much.

        A long one is made of blocks; its largest count may then be up to a block smaller than `most`.
        """
        if most is not None and (most := min(most, max(least, LENGTH))) < least:
            return Choice(())
        if (least, most) in ((0, 0), (1, 1)):
            return part if least else series()
        if max(least, most or 0) <= REPEATS:
            return self._counted(part, least, most, prefix)
        block = self._counted(part, BLOCK, BLOCK, prefix)
        blocks, rest = divmod(least, BLOCK)
        pieces: list[Expression] = [self._counted(block, blocks, blocks, prefix)] if blocks else []
        pieces += [self._counted(part, rest, rest, prefix)] if rest else []
        return series(*pieces, *self._after(part, block, None if most is None else most - least, prefix))

    def _after(self, part: Name | Words, block: Name | Words, room: int | None, prefix: str) -> list[Expression]:
        """At most `room` more."""
        if room is None:
            return [Repeat(part, 0, None)]
        if room <= REPEATS:
            return [self._counted(part, 0, room, prefix)] if room else []
        blocks = (room - BLOCK + 1) // BLOCK
        return [self._counted(block, 0, blocks, prefix), self._counted(part, 0, BLOCK - 1, prefix)]

    def _counted(self, part: Name | Words, least: int, most: int | None, prefix: str) -> Name | Words:
        """The name of a repetition, which is written once."""
        key = (part.name if isinstance(part, Name) else part.text, least, most)
        if key not in self._repeats:
            self._unrolled += max(least, most or 0)
            if self._unrolled > UNROLLED:
                raise Refusal(f"the repetitions of the schema are more than {UNROLLED} when written out")
            self._repeats[key] = self.define(self.fresh(f"{prefix}r"), Repeat(part, least, most))
        return self._repeats[key]

    def _share(self, piece: str) -> str:
        if len(piece) < LONG and "|" not in piece:
            return piece
        if piece not in self._pieces:
            self._pieces[piece] = self.fresh("c")
            self.raw[self._pieces[piece]] = piece
        return self._pieces[piece]
