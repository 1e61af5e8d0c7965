"""What the environment brings to a configuration: `.env`, `${NAME}` references, and overrides of single values."""

import re
from collections.abc import Iterator, Mapping

from proxy.config.classify import ENVIRONMENT
from proxy.config.report import Mistake
from proxy.config.source import Node

PREFIX = "HALFPENNY_"
_PLAIN = {"HOST": ("server", "host"), "PORT": ("server", "port"), **ENVIRONMENT}
_ENTRY = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$")
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_BROKEN = re.compile(r"\$\{")


def dotenv(text: str) -> dict[str, str]:
    """NAME=VALUE lines of a `.env` file; `export`, quotes and ` # comments` are understood, nothing is expanded."""
    found = {}
    for line in text.splitlines():
        entry = _ENTRY.match(line)
        if entry:
            found[entry[1]] = _unquoted(entry[2])
    return found


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        return value[1:end] if end > 0 else value
    return "" if value.startswith("#") else value.split(" #")[0].rstrip()


def expand(node: Node, environ: Mapping[str, str], mistakes: list[Mistake], path: str = "") -> None:
    """Replace `${NAME}` and `${NAME:-default}` in every text of the file; `$2.50` and overrides stay as they are."""
    if isinstance(node.value, str) and node.origin is None:
        node.value = _expanded(node, environ, mistakes, path)
    for below, child in _children(node, path):
        expand(child, environ, mistakes, below)


def _children(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            yield (f"{path}.{name}" if path else name), child
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            yield f"{path}[{index}]", child


def _expanded(node: Node, environ: Mapping[str, str], mistakes: list[Mistake], path: str) -> str:
    text = str(node.value)

    def value(reference: re.Match[str]) -> str:
        name, default = reference[1], reference[2]
        # As in a shell, `:-` also covers a variable that is set but empty.
        found = environ.get(name, "")
        if found or default is not None:
            return found or default or ""
        if name not in environ:
            hint = f"set it in the environment or in .env, or write ${{{name}:-}} if it may be missing"
            message = f"the environment has no {name}"
            mistakes.append(Mistake(path=path, line=node.line, origin=node.origin, message=message, hint=hint))
        return ""

    if _BROKEN.search(_REFERENCE.sub("", text)):
        hint = "write ${NAME} or ${NAME:-default}; a name has letters, digits and _"
        message = "holds a reference that cannot be read"
        mistakes.append(Mistake(path=path, line=node.line, origin=node.origin, message=message, hint=hint))
    return _REFERENCE.sub(value, text)


def override(root: Node, environ: Mapping[str, str], mistakes: list[Mistake]) -> None:
    """Lay `HOST`, `PORT`, the classifier's names and `HALFPENNY_SECTION__NAME=value` over it; empty ones are ignored.

    A name in the tree matches when it is the same in capitals with every other character as `_` (`gpt-4o` is `GPT_4O`).
    """
    for variable, path in _PLAIN.items():
        if environ.get(variable):
            _place(root, path, environ[variable], variable, mistakes)
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and "__" in variable and environ[variable]:
            steps = tuple(step.lower() for step in variable.removeprefix(PREFIX).split("__"))
            _place(root, steps, environ[variable], variable, mistakes)


def _place(root: Node, steps: tuple[str, ...], value: str, variable: str, mistakes: list[Mistake]) -> None:
    node = root
    for step in steps:
        if node.value is None:
            node.value = {}
        if not isinstance(node.value, dict):
            message = "reaches no value here: lists and single values have no names in them"
            mistakes.append(Mistake(path=".".join(steps), origin=variable, message=message))
            return
        name = next((known for known in node.value if _folded(known) == _folded(step)), step)
        node = node.value.setdefault(name, Node(None, None, variable))
    node.value, node.origin = value, variable


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", name.lower())
