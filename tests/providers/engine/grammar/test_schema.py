import json
from typing import Any

import pytest

from providers.engine.grammar import SchemaError, gbnf

PLACE = "response_format.json_schema.schema"
REFUSED: list[tuple[Any, str, str]] = [
    ({"not": {}}, "", "'not'"),
    ({"type": "object", "patternProperties": {}}, "", "'patternProperties'"),
    ({"properties": {"a": {"contains": {}}}}, ".properties.a", "'contains'"),
    ({"type": "array", "uniqueItems": True}, "", "'uniqueItems'"),
    ({"type": "array", "items": [{}]}, "", "'prefixItems' takes a list"),
    ({"type": "string", "pattern": "(?=a)"}, ".pattern", "looks around"),
    ({"properties": {"a": {"type": "string", "format": "regex"}}}, ".properties.a.format", "'regex'"),
    ({"anyOf": [{"type": "null"}, {"type": "string", "minLength": 20_001}]}, ".anyOf.1", "minLength"),
    ({"type": "number", "multipleOf": 0.1}, "", "'multipleOf'"),
    ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, ".oneOf", "surely disjoint"),
    ({"oneOf": [{"type": "string"}, {"properties": {"a": True}}]}, ".oneOf", "surely disjoint"),
    ({"$ref": "#/$defs/none"}, ".$ref", "leads nowhere"),
    ({"$ref": "other.json"}, ".$ref", "into the schema itself"),
    ({"anyOf": [{"$ref": "#"}, {"type": "null"}]}, "", "nothing between"),
    ({"$schema": "https://example.org/mine"}, "", "'$schema'"),
    ({"items": {"$id": "x"}}, ".items", "'$id'"),
    ({"enum": []}, ".enum", "at least one"),
    ({"const": "\ud800"}, ".const", "surrogate"),
    ({"type": "text"}, "", "'type'"),
    ({"type": "object", "required": "a"}, "", "'required'"),
    ({"items": 3}, ".items", "true or false"),
    ({"type": "integer", "exclusiveMinimum": True}, "", "'exclusiveMinimum'"),
    (False, "", "No value"),
    ({"type": "array", "minItems": 4, "maxItems": 3}, "", "No value"),
    ({"type": "object", "required": ["a"], "additionalProperties": False}, "", "No value"),
    ({"type": "object", "properties": {"a": False}, "required": ["a"]}, "", "No value"),
    ({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "", "No value"),
    ({"type": "string", "pattern": "^a$", "minLength": 2}, "", "No value"),
    ({"type": "object", "minProperties": 3, "properties": {"a": True}, "additionalProperties": True}, "", "No value"),
    ({"enum": ["a"], "type": "integer"}, "", "No value"),
    ({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2}, "", "No value"),
]


@pytest.mark.parametrize(("schema", "place", "reason"), REFUSED, ids=lambda value: json.dumps(value)[:50])
def test_what_cannot_be_kept_is_refused_by_its_name_and_place(schema: Any, place: str, reason: str) -> None:
    with pytest.raises(SchemaError) as refused:
        gbnf(json.dumps(schema).encode())
    assert refused.value.param == PLACE + place
    assert reason in refused.value.message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b'{"a":NaN}',
        b'{"type":"null","type":"null"}',
        b"\xff",
        b'{"const":1e9999}',
        b"[" * 50_000,
    ],
)
def test_what_is_no_schema_is_refused(data: bytes) -> None:
    with pytest.raises(SchemaError) as refused:
        gbnf(data)
    assert refused.value.param == PLACE


@pytest.mark.parametrize("depth", [70, 600, 7_000])
@pytest.mark.parametrize(("head", "tail"), [('{"items":', "}"), ('{"anyOf":[', "]}"), ('{"const":[', "]}")])
def test_depth_is_refused_and_never_a_crash(depth: int, head: str, tail: str) -> None:
    with pytest.raises(SchemaError):
        gbnf((head * depth + "{}" + tail * depth).encode())


def test_a_schema_of_too_many_bytes_is_refused() -> None:
    with pytest.raises(SchemaError, match="65536 bytes"):
        gbnf(b'{"description":"' + b"x" * 65_536 + b'"}')


def test_annotations_and_extensions_say_nothing_of_values() -> None:
    words = {
        "title": "t",
        "description": "d",
        "default": 3,
        "examples": [1],
        "readOnly": True,
        "x-order": 1,
        "$id": "a",
    }
    assert gbnf(json.dumps({"type": "null", **words}).encode()) == gbnf(b'{"type":"null"}')


def test_the_place_is_the_callers() -> None:
    with pytest.raises(SchemaError) as refused:
        gbnf(b'{"items":{"not":{}}}', "tools[3].function.parameters")
    assert refused.value.param == "tools[3].function.parameters.items"
