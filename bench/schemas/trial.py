"""One run over many schemas: what was refused, what was written, and whether it keeps the schema."""

import json
from collections.abc import Iterable
from time import process_time
from typing import Any

import msgspec
from msgspec import Struct

from bench.schemas.strategy import UNKNOWN
from bench.schemas.validation import problem
from bench.schemas.writer import Writer
from providers.engine.grammar import SchemaError, gbnf

UNSATISFIABLE = "No value can keep the schema."


class Counts(Struct):
    """What happened. `slowest` is the longest compilation in seconds of CPU, `largest` the longest grammar in bytes.

    `wrong`: what should never be: an answer that does not keep its schema, an undocumented keyword that was let pass.
    """

    schemas: int = 0
    refused: int = 0
    unsatisfiable: int = 0
    stopped: int = 0
    cut: int = 0
    slowest: float = 0.0
    largest: int = 0
    wrong: list[str] = msgspec.field(default_factory=list)

    def grammar(self, schema: bytes) -> str | None:
        """Compile a schema and count it; None: it was refused."""
        self.schemas += 1
        begun = process_time()
        try:
            found = gbnf(schema)
        except SchemaError as error:
            self.refused += 1
            self.unsatisfiable += error.message == UNSATISFIABLE
            return None
        finally:
            self.slowest = max(self.slowest, process_time() - begun)
        self.largest = max(self.largest, len(found.encode()))
        return found


def kept(schemas: Iterable[Any], writer: Writer, answers: int) -> Counts:
    """Write answers by each schema that is not refused, and check every one that ended by itself."""
    counts = Counts()
    for schema in schemas:
        written_by(json.dumps(schema).encode(), writer, answers, counts)
    return counts


def endured(schemas: Iterable[bytes], writer: Writer, answers: int) -> Counts:
    """The same for bytes that may be no schema at all."""
    counts = Counts()
    for schema in schemas:
        written_by(schema, writer, answers, counts)
    return counts


def named(schemas: Iterable[Any]) -> Counts:
    """Schemas with an undocumented keyword: each must be refused, by its name."""
    counts = Counts()
    for schema in schemas:
        counts.schemas += 1
        try:
            gbnf(json.dumps(schema).encode())
        except SchemaError as error:
            counts.refused += 1
            if any(repr(word) in error.message for word in UNKNOWN):
                continue
            counts.wrong.append(f"{schema} is refused for another reason: {error.message}")
        else:
            counts.wrong.append(f"{schema} is let pass")
    return counts


def written_by(schema: bytes, writer: Writer, answers: int, counts: Counts) -> None:
    """Some answers by one schema, counted."""
    grammar = counts.grammar(schema)
    for _ in range(answers if grammar is not None else 0):
        text = writer.answer(grammar or "")
        if text is None:
            counts.cut += 1
            continue
        counts.stopped += 1
        if found := problem(json.loads(schema), text):
            counts.wrong.append(f"{schema[:500]!r}: {text[:300]!r}: {found}")
