"""YAML text into a tree that remembers its lines.

YAML 1.2 through ruamel.yaml's composer: it resolves no tags to Python objects, and here anchors, aliases and tags are
refused before anything is followed, so that a small file cannot grow into a large tree.
"""

from typing import TypeAlias

from msgspec import Struct
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from proxy.config.report import Mistake

LARGEST = 1024 * 1024
_STANDARD = "tag:yaml.org,2002:"
_KINDS = frozenset(("map", "seq", "str", "int", "float", "bool", "null", "timestamp"))
_QUOTE = 'inside [ ] and { } write the reference in quotes: "${NAME}"'

Scalar: TypeAlias = str | int | float | bool | None


class Node(Struct):
    """A value with its place: `line` counts from 1 (a mapping's entry has its key's); `origin` is the environment
    variable that overrode it."""

    value: "Scalar | dict[str, Node] | list[Node]"
    line: int | None = None
    origin: str | None = None


def read(text: str, mistakes: list[Mistake]) -> Node:
    """The tree of a YAML document whose root is a mapping; an empty mapping when it cannot be read at all."""
    empty = Node({}, 1)
    if len(text.encode(errors="replace")) > LARGEST:
        mistakes.append(Mistake(path="", message=f"the file is larger than {LARGEST} bytes"))
        return empty
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    try:
        root = yaml.compose(text)
    except (YAMLError, RecursionError) as error:
        mistakes.append(_unreadable(error, text))
        return empty
    if root is None:
        return empty
    if not isinstance(root, MappingNode):
        mistakes.append(
            Mistake(path="", line=1, message="expected a mapping of sections (server, providers, models, …)")
        )
        return empty
    return _tree(root, "", root.start_mark.line + 1, mistakes)


def _tree(node: YamlNode, path: str, line: int, mistakes: list[Mistake]) -> Node:
    if node.anchor is not None:
        mistakes.append(Mistake(path=path, line=line, message="anchors (&name) and aliases (*name) are not used here"))
        return Node(None, line)
    if str(node.tag).removeprefix(_STANDARD) not in _KINDS:
        mistakes.append(Mistake(path=path, line=line, message="tags (!name) are not used here"))
        return Node(None, line)
    if isinstance(node, MappingNode):
        return Node(_entries(node, path, mistakes), line)
    if isinstance(node, SequenceNode):
        items = [
            _tree(item, f"{path}[{index}]", item.start_mark.line + 1, mistakes) for index, item in enumerate(node.value)
        ]
        return Node(list(items), line)
    return Node(_scalar(str(node.tag), str(node.value)), line)


def _entries(node: MappingNode, path: str, mistakes: list[Mistake]) -> dict[str, Node]:
    entries: dict[str, Node] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode):
            mistakes.append(Mistake(path=path, line=line, message="a name must be plain text", hint=_QUOTE))
            continue
        name = str(key.value)
        below = f"{path}.{name}" if path else name
        if name in entries:
            first = entries[name].line
            mistakes.append(Mistake(path=below, line=line, message=f"stands twice (first in line {first})"))
            continue
        entries[name] = _tree(value, below, line, mistakes)
    return entries


def _scalar(tag: str, text: str) -> Scalar:
    kind = tag.removeprefix(_STANDARD)
    try:
        if kind == "int":
            return int(text.replace("_", ""), {"0x": 16, "0o": 8}.get(text[:2].lower(), 10))
        if kind == "float":
            return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
    if kind == "bool":
        return text.lower() == "true"
    return None if kind == "null" else text


def _unreadable(error: Exception, text: str) -> Mistake:
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        what = (
            "it is nested too deeply" if isinstance(error, RecursionError) else "it holds characters that YAML forbids"
        )
        return Mistake(path="", message=f"not readable as YAML: {what}")
    line = error.problem_mark.line + 1
    lines = text.splitlines()
    at = lines[line - 1] if line <= len(lines) else ""
    hint = ""
    if "\t" in at:
        hint = "indent with spaces; YAML has no tabs"
    elif "${" in at:
        hint = _QUOTE
    elif "mapping values" in str(error.problem):
        hint = "a value that holds `: ` must stand in quotes; check the indentation of this line"
    return Mistake(path="", line=line, message=f"not readable as YAML: {error.problem}", hint=hint)
