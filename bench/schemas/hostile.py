"""Schemas that are meant to break the converter or llama.cpp's parser, as the bytes a client would send."""

import json
import random
from collections.abc import Iterator
from typing import Any

DEPTHS = (10, 60, 70, 500, 5_000, 20_000)

NAMED: tuple[Any, ...] = (
    {"enum": []},
    {"type": "array", "minItems": 3_000},
    {"type": "array", "items": {"type": "integer"}, "minItems": 10**9},
    {"type": "string", "minLength": 10_000},
    {"type": "string", "maxLength": 10**18},
    {"const": 'é\n"x"'},
    {"type": "object", "properties": {'a"b\\': {"type": "null"}}, "required": ['a"b\\']},
    {"$ref": "#"},
    {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
    {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
    {"allOf": [{"$ref": "#"}, {"type": "object"}]},
    {"allOf": [{"$ref": "#"}]},
    {"oneOf": [{"$ref": "#"}, {"type": "null"}]},
    {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
    {"type": "array", "items": {"$ref": "#"}, "minItems": 1},
    {"type": "array", "prefixItems": [False], "minItems": 1},
    {"type": "array", "minItems": 4, "maxItems": 3},
    {"type": "object", "required": ["x"], "additionalProperties": False},
    {"type": "object", "minProperties": 3, "properties": {"a": True}, "additionalProperties": True},
    {"type": "object", "minProperties": 5, "maxProperties": 2},
    {"type": "integer", "minimum": 5, "maximum": 4},
    {"type": "integer", "exclusiveMinimum": 4, "exclusiveMaximum": 5},
    {"type": "integer", "multipleOf": 0},
    {"type": "number", "multipleOf": 0.01},
    {"type": "integer", "multipleOf": 7, "minimum": 1, "maximum": 6},
    {"type": "number", "minimum": 1e300, "maximum": 1e301},
    {"type": "integer", "minimum": -(10**29), "maximum": 10**29},
    {"type": "string", "pattern": "^a$", "minLength": 2},
    {"type": "string", "format": "date", "maxLength": 3},
    {"type": "string", "format": "no-such"},
    {"enum": [1], "type": "string"},
    {"not": {}},
    {"type": "object", "propertyNames": {"maxLength": 0}, "required": ["a"]},
    {"type": "object", "properties": {"a": False}, "required": ["a"]},
    {"items": {"items": {"items": {"$ref": "#/items/items"}}}},
    {"$ref": "http://example.com/schema"},
    {"$ref": "#/a/b"},
    {"$ref": 7},
    {"type": "nothing"},
    {"type": []},
    {"type": {"a": 1}},
    {"properties": []},
    {"required": "a"},
    {"required": [1]},
    {"minLength": -1},
    {"minLength": 1.5},
    {"minimum": "1"},
    {"enum": "abc"},
    {"anyOf": []},
    {"anyOf": {}},
    {"pattern": 3},
    {"additionalProperties": 3},
    {"items": [{"type": "null"}]},
    {"uniqueItems": True},
    {"nullable": "yes"},
)
"""What is known to have crashed others, and schemas that no value keeps."""
PATTERNS = (
    "(a|aa)+b.{12}",
    "(.*a){20}",
    "a{1000}{1000}",
    "((a{100}){100}){100}",
    "(a{1,30}){1,30}$",
    "^(a{0,30}){0,30}$",
    ".{1000}x",
    "(x+x+)+y",
    "(?=a)b",
    "(?<!a)b",
    "(a)\\1",
    "\\b",
    "\\p{L}",
    "[z-a]",
    "[",
    "(",
    ")",
    "*",
    "a**",
    "a{2,1}",
    "a{",
    "\\",
    "\\x0",
    "\\u00",
    "[]",
    "[^]",
    "^*",
    "a^b",
    "a$b",
    "$^",
    "(?i)a",
    "a++",
    "\\c",
    "\\ud800",
    "[\\ud800-\\udfff]",
    "\\x00+",
    "^[\\s\\S]*$",
    "[^\\d\\D]",
    "|",
    "()",
    "(|a)*$",
    "^((a*)*)*$",
    "|".join(f"{number}x{number}" for number in range(300)),
)
"""Some blow up, some are refused, some mean little."""


def hostile(start: int = 0) -> list[bytes]:
    """Two hundred of them; always the same for the same `start`."""
    found = [*map(_bytes, NAMED), *_deep(), *_large(), *_patterns(), *_texts(), *_broken()]
    return [*found, *_noise(random.Random(start), max(0, 200 - len(found)))]


def _bytes(schema: Any) -> bytes:
    return json.dumps(schema).encode()


def _deep() -> Iterator[bytes]:
    for depth in DEPTHS:
        yield b'{"items":' * depth + b"{}" + b"}" * depth
        yield b'{"anyOf":[' * depth + b"{}" + b"]}" * depth
        yield b'{"properties":{"a":' * depth + b"true" + b"}}" * depth
        yield b'{"const":' + b"[" * depth + b"]" * depth + b"}"
        yield b'{"pattern":"' + b"(" * depth + b")" * depth + b'"}'
        yield b"[" * depth


def _large() -> Iterator[bytes]:
    names = [f"property-{number}" for number in range(2_000)]
    for count in (50, 200, 256, 257, 2_000):
        yield _bytes({"type": "object", "properties": {name: {"type": "string"} for name in names[:count]}})
        yield _bytes({"type": "object", "properties": {name: True for name in names[:count]}, "minProperties": count})
        yield _bytes({"properties": {name: True for name in names[:count]}, "additionalProperties": {"type": "null"}})
        yield _bytes({"enum": names[:count]})
        yield _bytes({"properties": {name: {"type": "string", "maxLength": 900} for name in names[:count]}})
        yield _bytes({"properties": {name: {"maxLength": 400 + i} for i, name in enumerate(names[:count])}})
        yield _bytes({"allOf": [{"anyOf": [{"required": [name]} for name in names[:3]]}] * min(count, 40)})
        yield _bytes({"oneOf": [{"properties": {"k": {"const": n}}, "required": ["k"]} for n in names[:count]]})
        yield _bytes({f"$defs{count}": {}, "anyOf": [{"type": "string", "pattern": f"{n}.*x"} for n in names[:count]]})
    chain = {f"d{number}": {"items": {"$ref": f"#/$defs/d{number + 1}"}} for number in range(1_500)}
    yield _bytes({"$ref": "#/$defs/d0", "$defs": chain | {"d1500": {"type": "null"}}})
    yield _bytes({"const": "x" * 60_000})
    yield _bytes({"const": "x" * 70_000})
    yield _bytes(
        {"type": "array", "items": {"type": "array", "items": {"maxItems": 999}, "maxItems": 999}, "maxItems": 999}
    )


def _patterns() -> Iterator[bytes]:
    yield from (_bytes({"type": "string", "pattern": pattern}) for pattern in PATTERNS)


def _texts() -> Iterator[bytes]:
    """Characters that GBNF, JSON or C would trip over, as values and as names."""
    for text in (
        "\0",
        "\x00a",
        '"',
        "\\",
        "\\x41",
        "]",
        "^",
        "\u2028",
        "\U0010ffff",
        "\ud800",
        "\udfff",
        "\x7f",
        "::=",
        "<a>",
    ):
        yield _bytes({"const": text})
        yield _bytes({"type": "object", "properties": {text: {"enum": [text, {text: text}]}}, "required": [text]})
        yield _bytes({"type": "object", "properties": {text: True}, "additionalProperties": {"const": text}})


def _broken() -> Iterator[bytes]:
    yield from (
        b"",
        b" ",
        b"null",
        b"1",
        b'"x"',
        b"[]",
        b"{",
        b'{"a":1,"a":2}',
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"const":NaN}',
    )
    yield from (
        b'{"const":1e99999}',
        b'{"const":' + b"9" * 5_000 + b"}",
        b'{"minimum":Infinity}',
        b'{"type":"\\ud800"}',
    )


def _noise(random_: random.Random, count: int) -> Iterator[bytes]:
    """Keywords with values of any kind."""
    words = ("type", "properties", "required", "items", "enum", "const", "anyOf", "allOf", "$ref", "pattern", "minimum")
    values: tuple[Any, ...] = (None, 0, -1, "a", "object", [], {}, [{}], ["a"], {"a": {}}, True, 1e9, "#")
    for _ in range(count):
        yield _bytes({random_.choice(words): random_.choice(values) for _ in range(random_.randint(1, 4))})
