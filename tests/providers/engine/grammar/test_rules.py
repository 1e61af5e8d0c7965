import json
from typing import Any

import pytest

from providers.engine.grammar import Rules, SchemaError, gbnf
from tests.providers.engine.grammar.conftest import Allows

Schema = Any
OBJECT: Schema = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "string"}, "c": {"type": "null"}},
    "required": ["b"],
    "additionalProperties": False,
}
MANY: Schema = {"properties": {f"name-{number:03}": {} for number in range(60)}, "additionalProperties": {"const": 1}}
OPEN: Schema = OBJECT | {"additionalProperties": {"type": "integer"}}
TREE: Schema = {
    "type": "object",
    "properties": {"v": {"type": "integer"}, "kids": {"type": "array", "items": {"$ref": "#"}}},
    "required": ["v"],
    "additionalProperties": False,
}
UNION: Schema = {"anyOf": [{"type": "integer"}, {"$ref": "#/$defs/list"}], "$defs": {"list": {"items": {"$ref": "#"}}}}
CASES: list[tuple[Schema, list[str], list[str]]] = [
    (
        OBJECT,
        ['{"b":"x"}', '{"a": 1, "b": ""}', '{\n  "a": 1,\n  "b": "x",\n  "c": null\n}'],
        [
            "{}",
            '{"a":1}',
            '{"b":"x","a":1}',
            '{"b":"x","b":"y"}',
            '{"b":"x","d":1}',
            '{"b":"x",}',
            '{,"b":"x"}',
            ' {"b":""}',
        ],
    ),
    (OPEN, ['{"b":"","z":1}', '{"b":"","ab":1,"":2}'], ['{"b":"","z":"1"}', '{"b":"","a":1}', '{"b":"","\\u0061":1}']),
    (MANY, ["{}", '{"name-059":2,"other":1}', '{"_":1}'], ['{"other":2}', '{"name-1":1}', '{"other":1,"name-000":1}']),
    (TREE, ['{"v":1}', '{"v":1,"kids":[{"v":2,"kids":[]},{"v":3}]}'], ['{"v":1,"kids":[1]}', '{"kids":[]}']),
    (UNION, ["1", "[]", "[1, [2, []]]"], ["[", "null", '["a"]']),
    (
        {"type": "array", "prefixItems": [{"const": 1}], "items": {"const": 2}, "maxItems": 3},
        ["[]", "[1]", "[1,2,2]"],
        ["[2]", "[1,2,2,2]"],
    ),
    (
        {"type": "array", "items": {"const": 1}, "minItems": 2, "maxItems": 3},
        ["[1,1]", "[1, 1, 1]"],
        ["[1]", "[1,1,1,1]", "[]"],
    ),
    ({"type": "array", "maxItems": 0}, ["[]", "[ ]"], ["[1]"]),
    ({"type": "array", "items": False}, ["[]"], ["[1]", "[[]]"]),
    ({"type": "object", "additionalProperties": False}, ["{}", "{ }"], ['{"a":1}']),
    ({"type": "object", "maxProperties": 1}, ["{}", '{"a":1}'], ['{"a":1,"b":2}']),
    ({"type": "object", "minProperties": 1}, ['{"a":[{}]}'], ["{}"]),
    (OBJECT | {"minProperties": 2}, ['{"a":1,"b":""}', '{"b":"","c":null}'], ['{"b":""}']),
    (OBJECT | {"maxProperties": 2}, ['{"b":""}', '{"b":"","c":null}'], ['{"a":1,"b":"","c":null}']),
    (OBJECT | {"propertyNames": {"enum": ["a", "b"]}}, ['{"a":1,"b":""}'], ['{"b":"","c":null}']),
    (
        {"type": "string", "minLength": 2, "maxLength": 2},
        ['"ab"', '"é😀"', '"\\n\\u00e9"'],
        ['"a"', '"abc"', '"\\ud83d\\ude00"'],
    ),
    ({"type": "string", "minLength": 1500}, ['"' + "x" * 1500 + '"', '"' + "x" * 1700 + '"'], ['"' + "x" * 1499 + '"']),
    ({"type": "string", "maxLength": 1200}, ['""', '"' + "x" * 1199 + '"'], ['"' + "x" * 1201 + '"']),
    (
        {"type": "string", "format": "uri", "minLength": 1, "maxLength": 2083},
        ['"https://a.org/b?c#d"'],
        ['""', '"a.org"'],
    ),
    ({"type": "string", "pattern": "b"}, ['"abc"', '"b"', '"\\n\\"b"'], ['"ac"', '""']),
    ({"type": "string", "pattern": '^["\\\\\\n]$'}, ['"\\""', '"\\\\"', '"\\n"'], ['"""', '"\\"', '"a"']),
    ({"type": "string", "pattern": "^\\x01$"}, ['"\\u0001"'], ['"\x01"', '"1"']),
    (
        {"enum": ['é\n"x"\\', 1, None, [1, {"a": "😀"}]]},
        ['"é\\n\\"x\\"\\\\"', "1", "null", '[1, {"a": "😀"}]'],
        ['"é"', "2"],
    ),
    ({"enum": ["a", 1, True], "type": ["string", "integer"]}, ['"a"', "1"], ["true"]),
    ({"type": "object", "properties": {'q"\\\n': True}, "required": ['q"\\\n']}, ['{"q\\"\\\\\\n":1}'], ["{}"]),
    ({"type": "integer"}, ["0", "-1", "123"], ["-0", "01", "1.0", "1e3", "9" * 16, ""]),
    ({"type": "number"}, ["0", "-1.5", "1e10", "0.25E-3"], ["-0", "01", "1.", "1e999", "NaN"]),
    ({"type": "integer", "minimum": 1.5, "exclusiveMaximum": 4}, ["2", "3"], ["1", "4"]),
    ({"allOf": [{"minimum": 2}, {"maximum": 3}], "type": "integer"}, ["2", "3"], ["1", "4"]),
    (
        {"anyOf": [{"required": ["a"]}, {"required": ["c"]}]} | OBJECT,
        ['{"a":1,"b":""}', '{"b":"","c":null}'],
        ['{"b":""}'],
    ),
    (
        {"oneOf": [{"type": "object", "properties": {"k": {"const": tag}, tag: {}}} for tag in ("a", "b")]},
        ['{"k":"a"}', '{"k":"b","b":1}'],
        ["{}", '{"a":1}', '{"k":"a","b":1}'],
    ),
    ({"type": "object", "properties": {"a": {}}, "minProperties": 2}, ['{"a":1,"b":2}'], ['{"a":1}', "{}"]),
    ({"type": "string", "nullable": True}, ['""', "null"], ["1"]),
    ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"const": 1}}, "maximum": 3}, ["1"], ["2"]),
    ({}, ['{"a": [1, null, {"b": "c"}]}', "{}"], ["[]", "1", '"x"']),
    (True, ["1", "[]", '{"a":true}'], ["", "nul"]),
    ({"type": "array", "items": {}}, ["[[[[[[]]]]]]"], ["[" * 9 + "]" * 9]),
]


@pytest.mark.parametrize(("schema", "good", "bad"), CASES, ids=lambda value: json.dumps(value)[:40])
def test_a_grammar_allows_what_keeps_the_schema_and_nothing_else(
    allows: Allows, schema: Schema, good: list[str], bad: list[str]
) -> None:
    written = json.dumps(schema).encode()
    assert [text for text in good if not allows(written, text)] == []
    assert [text for text in bad if allows(written, text)] == []


def test_several_schemas_under_one_roof(allows: Allows) -> None:
    rules = Rules()
    first = rules.add(b'{"type":"integer"}', "tool0", "tools[0].function.parameters")
    second = rules.add(json.dumps(OBJECT).encode(), "tool1")
    rules.define("root", f'"f" {first} | "g" {second} | "h" {rules.object()}')
    text = rules.text()
    assert [allows(text, answer) for answer in ("f1", 'g{"b":""}', 'h{"x":1}', "f{}", "g1")] == [True] * 3 + [False] * 2


def test_a_second_schema_of_many_pays_from_its_own_budget() -> None:
    rules = Rules()
    with pytest.raises(SchemaError, match="complex"):
        rules.add(b'{"type":"string","pattern":"(a|aa)+b.{12}"}', "a")
    assert rules.add(b'{"type":"string","pattern":"^a+$"}', "b")
    with pytest.raises(SchemaError, match="complex"):
        for number in range(60):
            rules.add(b'{"type":"string","pattern":"^x{%d}[a-z]{900}$"}' % number, f"c{number}")
        raise AssertionError


def test_rules_that_nobody_needs_are_not_written() -> None:
    text = gbnf(b'{"type":"object","properties":{"a":{"type":"null"}},"additionalProperties":false}')
    assert "value" not in text and "char" not in text
    assert len(text) < 200


def test_a_grammar_is_at_most_64_kib() -> None:
    names = {f"name-{number:04}-{'x' * 300}": {"type": "null"} for number in range(200)}
    with pytest.raises(SchemaError, match="65536 bytes"):
        gbnf(json.dumps({"type": "object", "properties": names}).encode())
