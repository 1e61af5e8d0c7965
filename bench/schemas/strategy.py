"""Schemas over the documented keywords, as a Hypothesis strategy of our own; a fixed seed gives the same ones."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

Schema = Any
NAMES = ("a", "id", "name", "né", 'q"uote', "back\\slash", "tab\t", "with space", "x-1", "", "emoji😀", "next")
PATTERNS = (
    "^[a-z]+$",
    "abc",
    "^\\d{3}-\\d{4}$",
    "^(red|green|blue)$",
    "[A-Z]",
    "^[^\\s]+$",
    "a|b",
    "^x",
    "z$",
    "^(a|bc)*$",
    "\\.(png|jpe?g)$",
    "^[\\w-]{2,10}$",
    '^["\\\\]+$',
    "^.{3}$",
    "é+",
    "^$",
)
FORMATS = ("date", "time", "date-time", "uuid", "email", "hostname", "ipv4", "ipv6", "duration", "uri")
SAMPLES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -7,
    2.5,
    1e100,
    "",
    "x",
    'é"\\\n😀\u2028\x7f',
    [],
    [1, "a"],
    {},
    {"k": [None], 'q"': 1},
)
UNKNOWN = (
    "not",
    "if",
    "contains",
    "patternProperties",
    "dependentRequired",
    "unevaluatedProperties",
    "$anchor",
    "nope",
)

scalars = st.sampled_from(SAMPLES)
numbers = st.one_of(st.integers(-1000, 1000), st.floats(-100, 100).map(lambda value: round(value, 3)))


@st.composite
def strings(draw: st.DrawFn) -> Schema:
    """Schemas of strings."""
    schema: dict[str, Any] = {"type": "string"}
    match draw(st.integers(0, 4)):
        case 1:
            schema["pattern"] = draw(st.sampled_from(PATTERNS))
        case 2:
            schema["format"] = draw(st.sampled_from(FORMATS))
        case 3:
            least = draw(st.integers(0, 12))
            schema |= {"minLength": least, "maxLength": least + draw(st.integers(0, 20))}
        case 4:
            schema |= {"pattern": draw(st.sampled_from(PATTERNS)), "maxLength": draw(st.integers(3, 30))}
    return schema


@st.composite
def amounts(draw: st.DrawFn) -> Schema:
    """Schemas of numbers."""
    schema: dict[str, Any] = {"type": draw(st.sampled_from(("integer", "number")))}
    low = draw(numbers)
    if draw(st.booleans()):
        schema[draw(st.sampled_from(("minimum", "exclusiveMinimum")))] = low
    if draw(st.booleans()):
        schema[draw(st.sampled_from(("maximum", "exclusiveMaximum")))] = low + draw(st.integers(1, 500))
    if draw(st.integers(0, 4)) == 0:
        schema["multipleOf"] = draw(st.integers(1, 20))
    return schema


@st.composite
def arrays(draw: st.DrawFn, inner: st.SearchStrategy[Schema]) -> Schema:
    """Schemas of arrays."""
    schema: dict[str, Any] = {"type": "array"}
    if draw(st.booleans()):
        schema["items"] = draw(inner)
    if draw(st.integers(0, 2)) == 0:
        schema["prefixItems"] = draw(st.lists(inner, min_size=1, max_size=3))
    if draw(st.booleans()):
        schema["minItems"] = draw(st.integers(0, 4))
    if draw(st.booleans()):
        schema["maxItems"] = schema.get("minItems", 0) + draw(st.integers(0, 4))
    return schema


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Schema]) -> Schema:
    """Schemas of objects."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))
    schema: dict[str, Any] = {"type": "object", "properties": {name: draw(inner) for name in names}}
    schema["required"] = [name for name in names if draw(st.booleans())]
    extra = draw(st.sampled_from((None, False, False, True, "schema")))
    if extra is not None:
        schema["additionalProperties"] = draw(inner) if extra == "schema" else extra
    if draw(st.integers(0, 7)) == 0:
        schema["minProperties"] = draw(st.integers(0, 2))
    if draw(st.integers(0, 7)) == 0:
        schema["maxProperties"] = len(schema["required"]) + draw(st.integers(0, 3))
    if draw(st.integers(0, 9)) == 0:
        schema["propertyNames"] = draw(st.sampled_from(({"maxLength": 20}, {"pattern": "^[a-z]"})))
    return schema


@st.composite
def choices(draw: st.DrawFn, inner: st.SearchStrategy[Schema]) -> Schema:
    """Schemas made of others: anyOf, disjoint oneOf, allOf, a reference, several types."""
    match draw(st.integers(0, 5)):
        case 0:
            return {"anyOf": draw(st.lists(inner, min_size=1, max_size=3))}
        case 1:
            tags = draw(st.lists(st.sampled_from(("cat", "dog", "fish")), unique=True, min_size=1))
            return {"oneOf": [_tagged(tag, draw(inner)) for tag in tags]}
        case 2:
            part = draw(objects(inner))
            return {"allOf": [part, {"properties": {"extra": draw(inner)}}]}
        case 3:
            return {"$ref": draw(st.sampled_from(("#/$defs/leaf", "#/$defs/node")))}
        case 4:
            kinds = ("null", "boolean", "integer", "number", "string", "array", "object")
            return {"type": draw(st.lists(st.sampled_from(kinds), unique=True, min_size=1, max_size=4))}
    return draw(strings()) | {"nullable": True, "title": "t", "description": "d", "default": None}


def _tagged(tag: str, inner: Schema) -> Schema:
    return {"type": "object", "properties": {"kind": {"const": tag}, "of": inner}, "required": ["kind"]}


def nested(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    """One step deeper."""
    return st.one_of(objects(inner), arrays(inner), choices(inner))


values = st.one_of(
    st.builds(lambda found: {"enum": found}, st.lists(scalars, min_size=1, max_size=4)),
    st.builds(lambda found: {"const": found}, scalars),
    st.sampled_from((True, {}, {"type": "boolean"}, {"type": "null"}, {"description": "anything"})),
)
schemas = st.recursive(st.one_of(strings(), amounts(), values), nested, max_leaves=8)


@st.composite
def documents(draw: st.DrawFn) -> Schema:
    """A whole schema, with definitions that references may lead to."""
    schema = draw(nested(schemas) | schemas)
    if not isinstance(schema, dict):
        return schema
    node = {"type": "object", "properties": {"v": draw(strings()), "next": {"$ref": "#/$defs/node"}}}
    return schema | {"$defs": {"leaf": draw(amounts()), "node": node | {"additionalProperties": False}}}


@st.composite
def undocumented(draw: st.DrawFn) -> Schema:
    """A schema with a keyword that is not enforced."""
    return draw(objects(schemas)) | {draw(st.sampled_from(UNKNOWN)): draw(scalars)}


def drawn(strategy: st.SearchStrategy[Schema], count: int, start: int) -> list[Schema]:
    """So many different schemas of a strategy; the same ones for the same `start`."""
    found: dict[str, Schema] = {}

    def keep(schema: Schema) -> None:
        found.setdefault(json.dumps(schema), schema)

    ways = settings(
        max_examples=count + count // 4 + 10,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run: Callable[[], None] = seed(start)(ways(given(strategy)(keep)))
    run()
    return list(found.values())[:count]


def plain(schema: Schema) -> Schema:
    """Without `nullable`, which JSON Schema does not know: null is one more choice."""
    if isinstance(schema, list):
        return [plain(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    rest = {name: plain(each) for name, each in schema.items() if name != "nullable"}
    return {"anyOf": [rest, {"type": "null"}]} if schema.get("nullable") is True else rest
