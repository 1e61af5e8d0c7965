"""The grammar of arguments in tags: a string is any text up to its closing tag, anything else JSON by its schema."""

from collections.abc import Mapping
from typing import Any

import msgspec

from providers.engine.frames import Tool
from providers.engine.grammar import Rules, SchemaError
from providers.engine.speech.gbnf import literal
from providers.engine.speech.tagged import Tags
from providers.engine.speech.values import STRING, parameters, types

RAW = "sp-raw"
"""The rules of any text up to the tag that closes a value."""
_SAYS_NOTHING = frozenset({"type", "title", "description", "default", "example", "examples", "deprecated", "nullable"})
_OF_OBJECTS = _SAYS_NOTHING | {"properties", "required", "additionalProperties", "$defs", "definitions", "$schema"}


def tagged_arguments(tags: Tags, tool: Tool, param: str, prefix: str, schemas: Rules) -> str:
    """GBNF of a call's arguments, in the order of `properties`. Raises SchemaError.

    A strict tool whose strings have other keywords than `enum` is refused: bare text cannot be held to them.
    """
    root = parameters(tool.parameters)
    if tool.strict:
        if root.get("type", "object") != "object":
            raise SchemaError("The parameters of a function are an object.", param)
        Rules().add(tool.parameters or b"{}", "sp-strict", param)
        _plain(root, _OF_OBJECTS, param)
    properties = root.get("properties")
    required = root.get("required")
    needed = required if isinstance(required, list) else []
    found = []
    for at, (name, schema) in enumerate(properties.items() if isinstance(properties, dict) else ()):
        if tags.keyed.strip() in name:
            raise SchemaError(f"This model cannot name a parameter with {tags.keyed.strip()!r}.", param)
        value = _value(tags, schema, root, tool.strict, f"{param}.properties.{name}", f"{prefix}a{at}", schemas)
        between = f"sp-line {literal(tags.value)} " if tags.value else ""
        member = f"{literal(tags.key + name + tags.keyed)} {between}{value} sp-line"
        found.append(member if name in needed else f"({member})?")
    return " ".join(found)


def _value(
    tags: Tags, schema: Any, root: Mapping[str, Any], strict: bool, param: str, prefix: str, schemas: Rules
) -> str:
    """GBNF of a value and of the tag that closes it."""
    allowed, closing = types(schema, root), literal(tags.valued)
    texts = _texts(schema) if allowed == STRING else []
    if texts:
        return f"({' | '.join(map(literal, texts))}) {closing}"
    if "string" in allowed:
        if strict:
            _plain(schema, _SAYS_NOTHING, param)
        return f"{RAW}-0"
    shared = {word: root[word] for word in ("$defs", "definitions") if word in root}
    try:
        return f"{schemas.add(msgspec.json.encode({**shared, **schema}), prefix, param)} {closing}"
    except SchemaError:
        if strict:
            raise
        return f"{schemas.add(b'{}', prefix)} {closing}"


def _texts(schema: Any) -> list[str]:
    """The texts that a schema lists."""
    listed = schema.get("enum", [schema["const"]] if "const" in schema else []) if isinstance(schema, dict) else []
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []


def _plain(schema: Any, keywords: frozenset[str], param: str) -> None:
    more = sorted(set(schema) - keywords) if isinstance(schema, dict) else []
    if more:
        raise SchemaError(f"This model writes arguments as bare text, which cannot be held to {more[0]!r}.", param)
