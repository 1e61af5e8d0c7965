"""Reads a JSON schema into a tree. What would not be kept is refused here, by the name of its keyword."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import msgspec

from providers.engine.grammar import keywords
from providers.engine.grammar.automaton import Automaton, words
from providers.engine.grammar.exclusion import exclusive
from providers.engine.grammar.formats import FORMATS
from providers.engine.grammar.judge import Judge
from providers.engine.grammar.limits import NODES, PROPERTIES, SCHEMA_DEPTH, Budget, Refusal, SchemaError
from providers.engine.grammar.meet import Meeting, joined
from providers.engine.grammar.numbers import MOST_MULTIPLE, Bounds
from providers.engine.grammar.regex import compiled
from providers.engine.grammar.strings import of_format, of_text
from providers.engine.grammar.tree import (
    BOOLEAN,
    NOTHING,
    NULL,
    Anything,
    Array,
    Literals,
    Node,
    Number,
    Object,
    Ref,
    Text,
    Union,
)

WHOLE_FORMATS = {"int32": 31, "int64": 63}


class Reader:
    """One schema's tree and those of its definitions. `param` is where in the request the schema stands."""

    def __init__(self, document: Any, param: str, budget: Budget) -> None:
        self._document, self._param, self._budget = document, param, budget
        self._definitions: dict[str, Node | None] = {}
        self._patterns: dict[str, Automaton] = {}
        self._judge = Judge(self.definition, budget)
        self._meeting = Meeting(self.definition, self._judge, budget)
        self._depth = self._nodes = 0

    def root(self) -> Node:
        """The whole schema. Raises SchemaError."""
        try:
            return self.definition("#")
        except RecursionError:
            raise SchemaError("The schema nests too deep.", self._param) from None

    def definition(self, pointer: str) -> Node:
        """The tree that a pointer leads to; it is read once. Raises SchemaError, Refusal."""
        if pointer not in self._definitions:
            self._definitions[pointer] = None
            place, found = self._find(pointer)
            self._definitions[pointer] = self.read(found, place, root=pointer == "#")
        known = self._definitions[pointer]
        if known is None:
            raise Refusal(f"{pointer!r} refers to itself beside keywords that would have to be merged with it")
        return known

    def read(self, schema: Any, place: str, root: bool = False) -> Node:
        """A schema's tree. Raises SchemaError with its place."""
        self._depth += 1
        self._nodes += 1
        with self._at(place):
            if self._depth > SCHEMA_DEPTH or self._nodes > NODES:
                raise Refusal(f"the schema is deeper than {SCHEMA_DEPTH} or has more than {NODES} parts")
            if isinstance(schema, bool):
                found: Node = Anything() if schema else NOTHING
            elif isinstance(schema, dict):
                keywords.check_known(schema, root)
                found = self._read(schema, place)
            else:
                raise Refusal("a schema must be an object, true or false")
        self._depth -= 1
        return found

    def _read(self, schema: Mapping[str, Any], place: str) -> Node:
        found = self._typed(schema, place)
        for name in ("enum", "const"):
            if name in schema:
                with self._at(f"{place}.{name}"):
                    found = self._meeting.meet(Literals(keywords.values(schema, name)), found)
        if "$ref" in schema:
            with self._at(f"{place}.$ref"):
                found = self._meeting.meet(self._reference(schema["$ref"]), found)
        for option in self._several(schema, "allOf", place):
            found = self._meeting.meet(found, option)
        if "anyOf" in schema:
            found = self._meeting.meet(found, joined(self._several(schema, "anyOf", place)))
        if "oneOf" in schema:
            with self._at(f"{place}.oneOf"):
                found = self._meeting.meet(found, self._one_of(schema, place))
        return Union((found, NULL)) if keywords.flag(schema, "nullable") else found

    def _typed(self, schema: Mapping[str, Any], place: str) -> Node:
        """What `type` and the keywords of single types say."""
        if "type" in schema:
            names = keywords.types(schema)
            if "number" in names and "integer" in names:
                names.remove("integer")
            return joined(self._kind(name, schema, place, loose=False) for name in names)
        names = keywords.speaks_of(schema)
        if not names:
            return Anything()
        if len(names) == 1:
            return self._kind(names[0], schema, place, loose=True)
        return joined((self._kind(name, schema, place, loose=False) for name in names), loose=True)

    def _kind(self, name: str, schema: Mapping[str, Any], place: str, loose: bool) -> Node:
        match name:
            case "null":
                return NULL
            case "boolean":
                return BOOLEAN
            case "string":
                return self._text(schema, place, loose)
            case "array":
                return self._array(schema, place, loose)
            case "object":
                return self._object(schema, place, loose)
        return self._number(schema, place, name == "integer", loose)

    def _text(self, schema: Mapping[str, Any], place: str, loose: bool) -> Node:
        least, most = keywords.span(schema, "Length")
        languages: list[Automaton] = []
        if "pattern" in schema:
            with self._at(f"{place}.pattern"):
                languages.append(self._pattern(_text(schema, "pattern")))
        if "format" in schema:
            with self._at(f"{place}.format"):
                languages.append(of_format(_text(schema, "format")))
        return Text(least, most, tuple(languages), "format" in schema, loose)

    def _pattern(self, pattern: str) -> Automaton:
        if pattern not in self._patterns:
            self._patterns[pattern] = compiled(pattern, self._budget)
        return self._patterns[pattern]

    def _number(self, schema: Mapping[str, Any], place: str, whole: bool, loose: bool) -> Node:
        read = {name: keywords.number(schema, name) for name in keywords.NUMBER}
        with self._at(f"{place}.format"):
            bounds = _format_bounds(schema.get("format")) if "type" in schema else Bounds()
        low, high = Number(Bounds(low=read["minimum"], high=read["maximum"])), Number(bounds)
        opened = Number(Bounds(read["exclusiveMinimum"], read["exclusiveMaximum"], True, True))
        met = self._meeting.meet(self._meeting.meet(low, high), opened)
        assert isinstance(met, Number)
        multiple = _multiple(read["multipleOf"])
        whole = whole or multiple is not None or bounds.low is not None
        return Number(msgspec.structs.replace(met.bounds, multiple=multiple or 1), whole, loose)

    def _array(self, schema: Mapping[str, Any], place: str, loose: bool) -> Node:
        least, most = keywords.span(schema, "Items")
        if keywords.flag(schema, "uniqueItems") and (most is None or most > 1):
            raise Refusal("the keyword 'uniqueItems' cannot be enforced")
        if isinstance(schema.get("items"), list):
            raise Refusal("'items' must be one schema; 'prefixItems' takes a list")
        prefix = tuple(self._several(schema, "prefixItems", place))
        items = self.read(schema["items"], f"{place}.items") if "items" in schema else Anything()
        return Array(prefix, items, least, most, loose)

    def _object(self, schema: Mapping[str, Any], place: str, loose: bool) -> Node:
        least, most = keywords.span(schema, "Properties")
        properties = schema.get("properties", {})
        if not isinstance(properties, dict):
            raise Refusal("'properties' must be an object")
        if len(properties) > PROPERTIES:
            raise Refusal(f"'properties' has more than {PROPERTIES} names")
        for name in properties:
            keywords.check_text(name)
        read = tuple((name, self.read(each, f"{place}.properties.{name}")) for name, each in properties.items())
        extra = None
        if "additionalProperties" in schema:
            extra = self.read(schema["additionalProperties"], f"{place}.additionalProperties")
        names = self._names(schema, f"{place}.propertyNames") if "propertyNames" in schema else None
        return Object(read, keywords.texts(schema, "required"), extra, names, least, most, loose)

    def _names(self, schema: Mapping[str, Any], place: str) -> Automaton:
        """The language of an object's names."""
        found = self._meeting.meet(self.read(schema["propertyNames"], place), Text())
        with self._at(place):
            return self.language(found)

    def language(self, node: Node) -> Automaton:
        """The texts that a node accepts. Raises Refusal when it is a choice."""
        if isinstance(node, Ref):
            return self.language(self.definition(node.pointer))
        if isinstance(node, Literals):
            return words((value for value in node.values if isinstance(value, str)), self._budget)
        if not isinstance(node, Text):
            raise Refusal("'propertyNames' must be one schema of a string")
        return of_text(node, self._budget)

    def _one_of(self, schema: Mapping[str, Any], place: str) -> Node:
        options = [option for option in self._several(schema, "oneOf", place) if option != NOTHING]
        return joined(exclusive(options, self._meeting, self._judge))

    def _several(self, schema: Mapping[str, Any], name: str, place: str) -> list[Node]:
        if name not in schema:
            return []
        found = schema[name]
        if not isinstance(found, list) or not found:
            raise Refusal(f"{name!r} must be a list of at least one schema")
        return [self.read(each, f"{place}.{name}.{index}") for index, each in enumerate(found)]

    def _reference(self, pointer: Any) -> Node:
        if not isinstance(pointer, str) or not (pointer == "#" or pointer.startswith("#/")):
            raise Refusal("'$ref' must point into the schema itself: '#' or '#/…'")
        self._find(pointer)
        return Ref(pointer)

    def _find(self, pointer: str) -> tuple[str, Any]:
        """Where a pointer leads, and what stands there."""
        found, place = self._document, self._param
        for part in pointer.split("/")[1:]:
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and name.isdecimal() and len(name) < 6 and int(name) < len(found):
                found = found[int(name)]
            elif isinstance(found, dict) and name in found:
                found = found[name]
            else:
                raise Refusal(f"'$ref' leads nowhere: {pointer!r}")
            place += f".{name}"
        return place, found

    @contextmanager
    def _at(self, place: str) -> Iterator[None]:
        try:
            yield
        except Refusal as refusal:
            raise SchemaError(f"The schema cannot be kept in every answer: {refusal}.", place) from None


def _text(schema: Mapping[str, Any], name: str) -> str:
    if not isinstance(schema[name], str):
        raise Refusal(f"{name!r} must be a text")
    return str(schema[name])


def _format_bounds(name: Any) -> Bounds:
    """What OpenAPI's formats of numbers say."""
    if name in (None, "float", "double") or name in FORMATS:
        return Bounds()
    if name not in WHOLE_FORMATS:
        raise Refusal(f"the format {name!r} cannot be enforced for numbers")
    limit = Decimal(2 ** WHOLE_FORMATS[name])
    return Bounds(-limit, limit - 1)


def _multiple(value: Decimal | None) -> int | None:
    if value is not None and (value <= 0 or value != value.to_integral_value() or value > MOST_MULTIPLE):
        raise Refusal(f"the keyword 'multipleOf' is enforced for whole numbers from 1 to {MOST_MULTIPLE}")
    return None if value is None else int(value)
