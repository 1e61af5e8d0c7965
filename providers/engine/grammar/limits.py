"""What a schema may cost: the caps, the budget that work is paid from, and the refusal."""

SCHEMA_BYTES = 65_536
SCHEMA_DEPTH = 64
NODES = 2_000
"""Schemas in a schema, references counted once."""
PROPERTIES = 256
VALUES = 1_000
"""Values of one enum."""
REPEATS = 1_000
"""Largest repetition that is written as one; longer texts are made of blocks."""
LENGTH = 20_000
"""Largest minLength, minItems; a larger maximum is narrowed to it."""
UNROLLED = 30_000
"""Copies that all repetitions of a grammar make together inside llama.cpp."""
STATES = 1_500
"""States of one automaton."""
DIGITS = 15
"""Digits of an unbounded number: what a double holds exactly."""
VALUE_DEPTH = 6
"""How deep a value may nest where the schema says nothing about it."""
GRAMMAR_BYTES = 65_536
WORK = 32_000
"""Steps of building automata and merging schemas, for one schema."""
WORK_TOGETHER = 5 * WORK
"""The same for all schemas of one request."""


class SchemaError(Exception):
    """A schema that cannot be kept in every answer; `param` is where in the request it stands."""

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.message, self.param = message, param


class Refusal(Exception):
    """The reason of a SchemaError, from where the place in the schema is not known."""


class Budget:
    """Work that is left for one schema; `within`: what all of a request share."""

    def __init__(self, work: int = WORK, within: "Budget | None" = None) -> None:
        self._left, self._within = work, within

    def spend(self, work: int) -> None:
        """Take from what is left. Raises Refusal when there is not enough."""
        self._left -= work
        if self._within is not None:
            self._within.spend(work)
        if self._left < 0:
            raise Refusal("the schema is too complex to be compiled")
