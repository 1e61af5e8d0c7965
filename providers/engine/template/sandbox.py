"""Chat templates as programs: Jinja in a sandbox, with what model makers expect there, within bounds."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from providers.engine.template.bounds import OutOfBounds, bounded

LONGEST = 8_000_000
"""Characters of a rendering."""


class TemplateError(Exception):
    """The template cannot be read, or refuses or fails on this conversation; the message is for the client."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Templates may grow and shrink lists (Kimi K2's keeps a queue of ids), of which `Program` gives them copies."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may have it."""
        queue = isinstance(obj, list) and attr in ("append", "pop")
        return queue or super().is_safe_attribute(obj, attr, value)


class Program:
    """A template's source, ready to run. Raises TemplateError."""

    def __init__(self, source: str, now: Callable[[], datetime]) -> None:
        self.source = source
        environment = Sandbox(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", Generation])
        environment.filters["tojson"] = self._tojson
        environment.globals |= {"raise_exception": _refuse, "strftime_now": lambda form: now().strftime(form)}
        self._spell: Callable[[str], str] = str
        try:
            with bounded():
                self._template = environment.from_string(source)
        except (jinja2.TemplateError, OutOfBounds, RecursionError) as error:
            raise TemplateError(f"the chat template cannot be read: {error}") from error

    def run(self, given: Mapping[str, Any], spell: Callable[[str], str] = str) -> str:
        """The rendering; `spell` has the last word on all JSON that the template makes. Raises TemplateError."""
        self._spell = spell
        try:
            with bounded():
                text = self._template.render(**_own(dict(given)))
        except jinja2.TemplateError as error:
            raise TemplateError(f"the model's chat template refuses this conversation: {error}") from error
        except OutOfBounds as error:
            raise TemplateError(f"the model's chat template is stopped: {error}") from error
        except Exception as error:  # a template is a program: it may fail in any way, which is this request's failure
            name = type(error).__name__
            raise TemplateError(f"the model's chat template fails on this conversation ({name})") from error
        if len(text) > LONGEST:
            raise TemplateError(f"the model's chat template makes more than {LONGEST} characters of this")
        return text

    def _tojson(self, value: object, indent: int | None = None, **how: Any) -> str:
        """As model makers expect it: without jinja2's own escapes for HTML."""
        return self._spell(json.dumps(value, indent=indent, default=_listed, **{"ensure_ascii": False, **how}))


class Generation(Extension):
    """`{% generation %}…{% endgeneration %}`: marks what is learned in training; nothing to us."""

    tags = {"generation"}  # noqa: RUF012 - jinja2's own interface

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Its body as it stands."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _own(value: Any) -> Any:
    """A copy of dicts and lists, which a template may change."""
    if isinstance(value, dict):
        return {key: _own(each) for key, each in value.items()}
    return list(map(_own, value)) if isinstance(value, list) else value


def _listed(value: object) -> list[Any]:
    """What a filter like `map` makes, which JSON has no word for."""
    if isinstance(value, Iterator):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def _refuse(message: str) -> None:
    raise jinja2.TemplateError(message)
