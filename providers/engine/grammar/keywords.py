"""The keywords: which are enforced, which say nothing about values, and how the value of each is checked."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from providers.engine.grammar.limits import LENGTH, SCHEMA_BYTES, SCHEMA_DEPTH, VALUES, Refusal, SchemaError

STRING = frozenset({"minLength", "maxLength", "pattern", "format"})
NUMBER = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
ARRAY = frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems"})
OBJECT = frozenset(
    {"properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"}
)
ANY_KIND = frozenset({"type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "nullable"})
ANNOTATIONS = frozenset(
    {
        "title",
        "description",
        "default",
        "example",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "$comment",
        "$schema",
        "$defs",
        "definitions",
        "contentMediaType",
        "contentEncoding",
        "contentSchema",
        "discriminator",
    }
)
ROOT_ONLY = frozenset({"$id"})
KNOWN = STRING | NUMBER | ARRAY | OBJECT | ANY_KIND | ANNOTATIONS
TYPES = ("null", "boolean", "string", "number", "integer", "array", "object")
MOST_EXPONENT = 300
DRAFTS = ("draft/2020-12", "draft/2019-09", "draft-07", "draft-06")


def read_json(data: bytes, param: str) -> Any:
    """The schema's JSON, numbers as int or Decimal. Raises SchemaError."""
    if len(data) > SCHEMA_BYTES:
        raise SchemaError(f"The schema is over {SCHEMA_BYTES} bytes.", param)
    try:
        return json.loads(data, parse_float=_decimal, parse_constant=_constant, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"The schema cannot be read as JSON: {str(error)[:200]}.", param) from None


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if len(text) > MOST_EXPONENT or abs(value.adjusted()) > MOST_EXPONENT:
        raise ValueError("a number is out of range")
    return value


def _constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same name twice")
    return found


def check_known(schema: Mapping[str, Any], root: bool) -> None:
    """Raises Refusal, which names the first keyword that is neither enforced nor an annotation."""
    for name in schema:
        if name not in KNOWN and not name.startswith("x-") and not (root and name in ROOT_ONLY):
            raise Refusal(f"the keyword {name!r} cannot be enforced")
    if "$schema" in schema and not any(draft in str(schema["$schema"]) for draft in DRAFTS):
        raise Refusal("the keyword '$schema' names a dialect that is not known")


def speaks_of(schema: Mapping[str, Any]) -> list[str]:
    """The types that its keywords speak of."""
    groups = (("string", STRING), ("number", NUMBER), ("array", ARRAY), ("object", OBJECT))
    return [name for name, words in groups if words & schema.keys()]


def types(schema: Mapping[str, Any]) -> list[str]:
    """The names in `type`, which must be there."""
    found = schema["type"]
    names = [found] if isinstance(found, str) else found
    if not isinstance(names, list) or not names or any(name not in TYPES for name in names):
        raise Refusal(f"'type' must be one or more of {', '.join(TYPES)}")
    if len(set(names)) != len(names):
        raise Refusal("'type' names a type twice")
    return names


def count(schema: Mapping[str, Any], name: str, default: int | None = 0) -> int | None:
    """A keyword that counts."""
    value = schema.get(name, default)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    if value is None and name not in schema:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Refusal(f"{name!r} must be a whole number from 0 up")
    return value


def span(schema: Mapping[str, Any], things: str) -> tuple[int, int | None]:
    """The values of min… and max…. Raises Refusal when the least is more than can be enforced."""
    least, most = count(schema, f"min{things}") or 0, count(schema, f"max{things}", None)
    if least > LENGTH:
        raise Refusal(f"'min{things}' is enforced up to {LENGTH}")
    return least, most


def number(schema: Mapping[str, Any], name: str) -> Decimal | None:
    """A keyword that is a number."""
    value = schema.get(name)
    if name not in schema:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refusal(f"{name!r} must be a number")
    return Decimal(value)


def flag(schema: Mapping[str, Any], name: str) -> bool:
    """A keyword that is true or false."""
    value = schema.get(name, False)
    if not isinstance(value, bool):
        raise Refusal(f"{name!r} must be true or false")
    return value


def texts(schema: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A keyword that lists different texts."""
    value = schema.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value) or len(set(value)) != len(value):
        raise Refusal(f"{name!r} must be a list of different texts")
    for each in value:
        check_text(each)
    return tuple(value)


def values(schema: Mapping[str, Any], name: str) -> tuple[Any, ...]:
    """The values of enum, or the one of const."""
    found = [schema[name]] if name == "const" else schema[name]
    if not isinstance(found, list) or not found:
        raise Refusal("'enum' must be a list of at least one value")
    if len(found) > VALUES:
        raise Refusal(f"'enum' has more than {VALUES} values")
    for value in found:
        check_value(value)
    return tuple(found)


def check_value(value: Any, depth: int = 0) -> None:
    """Raises Refusal for a value that cannot be written."""
    if depth > SCHEMA_DEPTH:
        raise Refusal(f"a value nests deeper than {SCHEMA_DEPTH}")
    if isinstance(value, str):
        check_text(value)
    for each in _inside(value):
        check_value(each, depth + 1)


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return (*value.keys(), *value.values())
    return value if isinstance(value, list) else ()


def check_text(text: str) -> None:
    """Raises Refusal for half of a surrogate pair, which is no character."""
    if any(0xD800 <= ord(each) <= 0xDFFF for each in text):
        raise Refusal("a text has half of a surrogate pair")
