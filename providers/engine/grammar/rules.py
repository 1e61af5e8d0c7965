"""The grammar of one or several schemas, as text for llama.cpp."""

import re
from typing import Any

from providers.engine.grammar.expression import EMPTY, productive, pruned, spelled
from providers.engine.grammar.keywords import read_json
from providers.engine.grammar.limits import GRAMMAR_BYTES, WORK_TOGETHER, Budget, Refusal, SchemaError
from providers.engine.grammar.lower import Lowering
from providers.engine.grammar.schema import Reader
from providers.engine.grammar.store import Store

ROOT = "root"
SCHEMA = "response_format.json_schema.schema"
IDENTIFIER = re.compile(r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|([A-Za-z][A-Za-z0-9-]*)')
"""A name of a rule, outside of literals and classes."""


class Rules:
    """Rules of several schemas under one roof; what they have in common is written once."""

    def __init__(self) -> None:
        self._store = Store()
        self._budget = Budget(WORK_TOGETHER)
        self._kept: set[str] = set()

    def add(self, schema: bytes, prefix: str, param: str = SCHEMA) -> str:
        """The name of a rule whose texts all keep this JSON schema; b"{}" is any JSON value.

        `prefix` (letters, digits, -) begins the names of its rules; `param` says where in the request it stands.
        Raises SchemaError.
        """
        return self._add(read_json(schema, param), prefix, param)

    def object(self) -> str:
        """The name of the rule for any JSON object."""
        return "object"

    def define(self, name: str, body: str) -> str:
        """Write a rule in GBNF; it may name others. The name is returned."""
        self._store.raw[name] = body
        self._kept.add(name)
        return name

    def text(self, param: str = SCHEMA) -> str:
        """All rules that were added or defined, and those they need. Raises SchemaError when they are too many."""
        known = productive(self._store.rules | {name: EMPTY for name in self._store.raw})
        sides = dict(self._store.raw)
        sides |= {name: spelled(pruned(self._store.rules[name], known)) for name in self._store.rules if name in known}
        reached: dict[str, None] = dict.fromkeys(sorted(self._kept))
        waiting = list(reached)
        while waiting:
            used = [name for name in _named(sides[waiting.pop()]) if name not in reached]
            reached |= dict.fromkeys(used)
            waiting += dict.fromkeys(used)
        text = "".join(f"{name} ::= {sides[name]}\n" for name in reached)
        if len(text.encode()) > GRAMMAR_BYTES:
            raise SchemaError(f"The schema's grammar is over {GRAMMAR_BYTES} bytes.", param)
        return text

    def _add(self, document: Any, prefix: str, param: str) -> str:
        try:
            budget = Budget(within=self._budget)
            reader = Reader(document, param, budget)
            name = Lowering(reader, self._store, f"{prefix}-", budget).root(reader.root()).name
        except Refusal as refusal:
            raise SchemaError(f"The schema cannot be kept in every answer: {refusal}.", param) from None
        except RecursionError:
            raise SchemaError("The schema nests too deep.", param) from None
        if name not in productive(self._store.rules):
            raise SchemaError("No value can keep the schema.", param)
        self._kept.add(name)
        return name


def gbnf(schema: bytes, param: str = SCHEMA) -> str:
    """The grammar of answers that keep a JSON schema, its first rule is `root`; b"{}" is any JSON object.

    Raises SchemaError, which says what cannot be kept and where it stands.
    """
    rules = Rules()
    name = rules.object() if schema.strip() == b"{}" else rules.add(schema, "r", param)
    rules.define(ROOT, name)
    return rules.text(param)


def _named(body: str) -> list[str]:
    return [found[1] for found in IDENTIFIER.finditer(body) if found[1]]
