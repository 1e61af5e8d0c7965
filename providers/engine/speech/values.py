"""Arguments that a model writes as bare text, as the JSON that a tool's schema means by them."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

STRING = frozenset({"string"})
ANY = frozenset({"string", "number", "boolean", "null", "array", "object"})
DEEPEST = 16
"""Levels of references and combinations that are followed; below them any type may be."""
_WORDS = {"True": ("boolean", "true"), "False": ("boolean", "false"), "None": ("null", "null")}
"""Python's words: several chat templates write past values with them, so models do too."""


def parameters(schema: bytes) -> Mapping[str, Any]:
    """A function's parameters: an object, always."""
    value = msgspec.json.decode(schema or b"{}")
    return value if isinstance(value, dict) else {}


def types(schema: Any, root: Mapping[str, Any]) -> frozenset[str]:
    """Which types of JSON a schema allows, as far as its keywords say so; whole numbers are numbers."""
    return _types(schema, root, {}, 0)


def written(text: str, allowed: frozenset[str]) -> str:
    """The JSON text of a value: of the allowed types where it reads as one of them, else a string."""
    if allowed == STRING:
        return json.dumps(text, ensure_ascii=False)
    bare = text.strip()
    kind, word = _WORDS.get(bare, ("", ""))
    if kind in allowed:
        return word
    try:
        value = json.loads(bare, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return json.dumps(text, ensure_ascii=False)
    if _type(value) in allowed or "string" not in allowed:
        return bare
    return json.dumps(text, ensure_ascii=False)


def inside(text: str) -> str:
    """A piece of a text as it stands inside the quotes of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _types(schema: Any, root: Mapping[str, Any], known: dict[int, frozenset[str]], depth: int) -> frozenset[str]:
    """Each part is looked at once (`known` by its identity), so that no schema takes longer than it is long."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return ANY
    if id(schema) in known:
        return known[id(schema)]
    known[id(schema)] = ANY
    found = _typed(schema)
    if isinstance(schema.get("$ref"), str):
        found &= _types(_pointed(schema["$ref"], root), root, known, depth + 1)
    for word in ("anyOf", "oneOf"):
        if isinstance(schema.get(word), list):
            found &= frozenset().union(*(_types(each, root, known, depth + 1) for each in schema[word]))
    for each in schema["allOf"] if isinstance(schema.get("allOf"), list) else ():
        found &= _types(each, root, known, depth + 1)
    known[id(schema)] = found | {"null"} if schema.get("nullable") is True else found
    return known[id(schema)]


def _typed(schema: Mapping[str, Any]) -> frozenset[str]:
    """What `type`, or else the values or the keywords of a schema say."""
    word = schema.get("type")
    if isinstance(word, str):
        word = [word]
    if isinstance(word, list):
        return frozenset("number" if each == "integer" else str(each) for each in word) & ANY
    if isinstance(schema.get("enum"), list):
        return frozenset(map(_type, schema["enum"]))
    if "const" in schema:
        return frozenset({_type(schema["const"])})
    return frozenset({"object"}) if "properties" in schema else frozenset({"array"}) if "items" in schema else ANY


def _type(value: Any) -> str:
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _pointed(reference: str, root: Mapping[str, Any]) -> Any:
    """What a reference into the schema points to; None where it does not."""
    at: Any = root
    for step in reference.removeprefix("#").split("/")[1:]:
        at = at.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(at, dict) else None
    return at if reference.startswith("#") else None


def _refuse(word: str) -> Any:
    raise ValueError(word)
