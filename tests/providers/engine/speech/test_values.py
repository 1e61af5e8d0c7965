"""Bare text into the JSON that a schema means by it."""

import json

import pytest

from providers.engine.speech.values import ANY, inside, types, written


@pytest.mark.parametrize(
    ("schema", "allowed"),
    [
        ({"type": "string"}, {"string"}),
        ({"type": "integer"}, {"number"}),
        ({"type": ["string", "null"]}, {"string", "null"}),
        ({"type": "string", "nullable": True}, {"string", "null"}),
        ({"enum": ["a", 1, None]}, {"string", "number", "null"}),
        ({"const": True}, {"boolean"}),
        ({"anyOf": [{"type": "boolean"}, {"$ref": "#/$defs/n"}]}, {"boolean", "number"}),
        ({"$ref": "#/$defs/n", "enum": [1, "x"]}, {"number"}),
        ({"allOf": [{"type": ["string", "null"]}, {"enum": ["x"]}]}, {"string"}),
        ({"properties": {}}, {"object"}),
        ({"items": {}}, {"array"}),
        ({"$ref": "#/$defs/loop"}, ANY),
        ({"$ref": "#/nowhere"}, ANY),
        ({"$ref": "http://x"}, ANY),
        ({}, ANY),
        (None, ANY),
    ],
)
def test_types_are_what_the_keywords_say(schema: object, allowed: set[str]) -> None:
    root = {"$defs": {"n": {"type": "number"}, "loop": {"$ref": "#/$defs/loop"}}}
    assert types(schema, root) == allowed


@pytest.mark.parametrize(
    ("text", "allowed", "value"),
    [
        ("12", {"string"}, "12"),
        ("12", {"number"}, 12),
        (" 12\n", {"number", "string"}, 12),
        ("12", {"string", "null"}, "12"),
        ("null", {"string", "null"}, None),
        ("None", {"null", "number"}, None),
        ("True", {"boolean"}, True),
        ("True", {"string", "number"}, "True"),
        ('[1, "a"]', {"array"}, [1, "a"]),
        ('{"a": 1}', {"string"}, '{"a": 1}'),
        ("twelve", {"number"}, "twelve"),
        ("NaN", {"number"}, "NaN"),
        ("[" * 20_000, {"array"}, "[" * 20_000),
        ('é "x"\n', ANY, 'é "x"\n'),
        ("1", ANY, 1),
    ],
)
def test_a_text_is_what_its_types_let_it_be(text: str, allowed: set[str], value: object) -> None:
    assert json.loads(written(text, frozenset(allowed))) == value


def test_a_piece_of_a_string_is_escaped_by_itself() -> None:
    text = 'a"\\\n\u2028é\x01'
    assert json.loads('"' + "".join(map(inside, text)) + '"') == text


def test_a_schema_that_branches_without_end_is_looked_at_once() -> None:
    branches = {f"d{at}": {"anyOf": [{"$ref": f"#/$defs/d{at + 1}"}] * 50} for at in range(15)}
    root = {"$defs": branches | {"d15": {"type": "string"}}}
    assert types({"$ref": "#/$defs/d8"}, root) == {"string"}
    assert types({"$ref": "#/$defs/d0"}, root) == ANY
