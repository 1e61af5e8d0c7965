"""A tree into frozen Structs, directed by their types, collecting every mistake on the way.

msgspec checks the single values; the walk over Structs, mappings and sequences is done here, because msgspec alone
stops at the first mistake and knows no lines. Values arrive leniently typed ("8000" is a number), since environment
variables are always text.
"""

import re
import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Union

import msgspec
from msgspec import NODEFAULT, Struct

from proxy.config.report import Mistake, near
from proxy.config.source import Node

Hook = Callable[[type, object], object]
FAILED: Any = object()
"""Stands for a value that could not be made; a mistake says why."""
_WORDS = {"int": "a whole number", "float": "a number", "str": "text", "bool": "true or false"}


class Converter:
    """Converts nodes and keeps the mistakes. `hook` makes the values of custom types and raises ValueError.

    `hints` maps a field's name to advice for a value of the wrong kind.
    """

    def __init__(self, hook: Hook, hints: Mapping[str, str], mistakes: list[Mistake]) -> None:
        self._hook = hook
        self._hints = hints
        self._mistakes = mistakes

    def convert(self, node: Node, kind: Any, path: str) -> Any:
        """The value, or FAILED once a mistake was noted; a mapping or sequence may hold FAILED entries."""
        arms = _arms(kind)
        structs = [arm for arm in arms if _is_struct(arm)]
        if structs and (isinstance(node.value, dict) or len(structs) == len(arms)):
            return self._struct(node, structs, path)
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin in (dict, Mapping):
            return self._mapping(node, arguments[1], path)
        if origin in (tuple, list):
            return self._sequence(node, origin, arguments[0], path)
        return self._value(node, kind, path)

    def _mapping(self, node: Node, kind: Any, path: str) -> Any:
        if node.value is None:
            return {}
        if not isinstance(node.value, dict):
            return self._mistake(node, path, "expected a mapping of names to values")
        return {name: self.convert(child, kind, f"{path}.{name}") for name, child in node.value.items()}

    def _sequence(self, node: Node, origin: Any, kind: Any, path: str) -> Any:
        if node.value is None:
            return origin()
        if not isinstance(node.value, list):
            return self._mistake(node, path, "expected a list: one entry a line, each after `- `")
        return origin(self.convert(item, kind, f"{path}[{index}]") for index, item in enumerate(node.value))

    def _struct(self, node: Node, arms: list[type[Struct]], path: str) -> Any:
        # A section whose every line is commented out reads as null.
        if not isinstance(node.value, dict | types.NoneType):
            return self._mistake(node, path, "expected a mapping of fields", self._hint(path))
        kind = self._arm(node, arms, path)
        if kind is None:
            return FAILED
        before = len(self._mistakes)
        values = self.fields(node, kind, path)
        if len(self._mistakes) > before:
            return FAILED
        try:
            return kind(**values)
        except (ValueError, TypeError) as error:
            return self._mistake(node, path, str(error))

    def fields(self, node: Node, kind: type[Struct], path: str) -> dict[str, Any]:
        """The values of a Struct's fields, FAILED ones included; unknown and missing fields are mistakes."""
        entries: dict[str, Node] = node.value if isinstance(node.value, dict) else {}
        known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        for name in entries:
            if name not in known and name != kind.__struct_config__.tag_field:
                self._mistake(
                    entries[name], _below(path, name), "unknown field", near(name, known, "the fields here are")
                )
        values = {}
        for name, field in known.items():
            if name in entries:
                values[field.name] = self.convert(entries[name], field.type, _below(path, name))
            elif field.default is NODEFAULT and field.default_factory is NODEFAULT:
                self._mistake(node, path, f"`{name}` is missing")
        return values

    def _arm(self, node: Node, arms: list[type[Struct]], path: str) -> type[Struct] | None:
        """Which Struct of a union is meant: the one whose tag stands there."""
        field = arms[0].__struct_config__.tag_field
        if field is None:
            return arms[0]
        tags = {str(arm.__struct_config__.tag): arm for arm in arms}
        chosen = node.value.get(field) if isinstance(node.value, dict) else None
        if chosen is None:
            self._mistake(node, path, f"`{field}` is missing", f"one of: {', '.join(tags)}")
            return None
        tag = str(chosen.value)
        if tag not in tags:
            self._mistake(chosen, _below(path, field), "names nothing that is known", near(tag, tags, "one of"))
        return tags.get(tag)

    def _value(self, node: Node, kind: Any, path: str) -> Any:
        try:
            return msgspec.convert(_plain(node), kind, strict=False, dec_hook=self._hook)
        except (msgspec.ValidationError, ValueError) as error:
            return self._mistake(node, path, _plainly(str(error), kind), self._hint(path))

    def _hint(self, path: str) -> str:
        return self._hints.get(path.rsplit(".", 1)[-1], "")

    def _mistake(self, node: Node, path: str, message: str, hint: str = "") -> Any:
        self._mistakes.append(Mistake(path=path, line=node.line, origin=node.origin, message=message, hint=hint))
        return FAILED


def _arms(kind: Any) -> list[Any]:
    if typing.get_origin(kind) is Annotated:
        return _arms(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (Union, types.UnionType):
        return [arm for arm in typing.get_args(kind) if arm is not type(None)]
    return [kind]


def _plain(node: Node) -> object:
    if isinstance(node.value, dict):
        return {name: _plain(child) for name, child in node.value.items()}
    return [_plain(item) for item in node.value] if isinstance(node.value, list) else node.value


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _plainly(message: str, kind: Any) -> str:
    """msgspec's words without the value, which might be a secret."""
    choices = [value for arm in _arms(kind) if typing.get_origin(arm) is Literal for value in typing.get_args(arm)]
    if message.startswith("Invalid enum value"):
        return f"expected one of: {', '.join(map(str, choices))}"
    said = message.split(" - at `")[0]
    if not said.startswith("Expected"):
        return said
    wanted = said.split(", got ")[0].replace("Expected", "expected")
    return re.sub(r"`([^`]+)`", lambda found: _words(found[1]), wanted)


def _words(kinds: str) -> str:
    return " or ".join(_WORDS.get(kind, kind) for kind in kinds.split(" | ") if kind != "null")
