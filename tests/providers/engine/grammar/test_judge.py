import json
from typing import Any

import pytest

from providers.engine.grammar import SchemaError, gbnf

CAT = {"type": "object", "properties": {"kind": {"const": "cat"}}, "required": ["kind"]}
DOG = {"type": "object", "properties": {"kind": {"const": "dog"}}, "required": ["kind"]}
DISJOINT: list[tuple[Any, Any]] = [
    ({"type": "string"}, {"type": "integer"}),
    (CAT, DOG),
    (CAT, {"type": "array"}),
    ({"enum": [1, "a"]}, {"enum": [2, True]}),
    ({"const": True}, {"const": 1}),
    ({"const": "abc"}, {"type": "string", "maxLength": 2}),
    ({"const": 1.5}, {"type": "integer"}),
    ({"const": {"kind": "dog"}}, CAT),
    ({"type": "integer", "maximum": 3}, {"type": "number", "exclusiveMinimum": 3}),
    ({"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^b"}),
    ({"type": "string", "maxLength": 2}, {"type": "string", "minLength": 3}),
    ({"type": "array", "prefixItems": [CAT], "minItems": 1}, {"type": "array", "prefixItems": [DOG], "minItems": 1}),
    ({"type": "object", "required": ["a"]}, {"type": "object", "properties": {"b": {}}, "additionalProperties": False}),
    ({"anyOf": [CAT, {"type": "null"}]}, {"anyOf": [DOG, {"type": "string"}]}),
]
OVERLAPPING: list[tuple[Any, Any]] = [
    ({"type": "integer"}, {"type": "number"}),
    ({"const": 1}, {"const": 1.0}),
    ({"const": "a"}, {"minLength": 1}),
    ({"const": 3}, {"minLength": 1}),
    ({"type": "string"}, {"properties": {"a": {}}}),
    ({"type": "string", "format": "email"}, {"type": "string", "pattern": "^[^@]*$"}),
    ({"const": "2026-13-40"}, {"type": "string", "format": "date"}),
    (CAT, {"type": "object", "properties": {"kind": {"enum": ["cat", "dog"]}}}),
    ({"type": "object", "properties": {"k": {"const": 1}}}, {"type": "object", "properties": {"j": {"const": 2}}}),
    ({"type": "array", "prefixItems": [CAT]}, {"type": "array", "prefixItems": [DOG]}),
    ({"type": "integer", "maximum": 3}, {"type": "integer", "minimum": 3}),
    (True, {"type": "null"}),
]


@pytest.mark.parametrize(("one", "other"), DISJOINT, ids=lambda value: json.dumps(value)[:30])
def test_one_of_disjoint_branches_is_kept(one: Any, other: Any) -> None:
    assert gbnf(json.dumps({"oneOf": [one, other]}).encode())
    assert gbnf(json.dumps({"oneOf": [other, one]}).encode())


@pytest.mark.parametrize(("one", "other"), OVERLAPPING, ids=lambda value: json.dumps(value)[:30])
def test_one_of_branches_that_may_overlap_is_refused(one: Any, other: Any) -> None:
    for branches in ([one, other], [other, one]):
        with pytest.raises(SchemaError, match="surely disjoint"):
            gbnf(json.dumps({"oneOf": branches}).encode())
