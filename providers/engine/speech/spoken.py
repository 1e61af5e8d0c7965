"""The speech of a model that thinks or calls: its thoughts are taken out first, then its calls."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from providers.engine.frames import Finish, Tool
from providers.engine.speech.base import Formats, Said
from providers.engine.speech.calling import Told
from providers.engine.speech.forms import FORMS
from providers.engine.speech.harmony import Harmony
from providers.engine.speech.jsoncalls import JsonCalls, Marks
from providers.engine.speech.tagged import TaggedCalls
from providers.engine.speech.thinking import Thinking
from providers.engine.speech.values import parameters


class Plan(Struct, frozen=True):
    """What all choices of an answer share.

    `tools`: those that may be called; `grammar`: what the text keeps; `forced`: it calls, and says nothing else.
    """

    formats: Formats
    tools: tuple[Tool, ...]
    opened: bool
    grammar: str | None
    fresh: Callable[[], str]
    forced: bool = False


class Reader(Protocol):
    """Reads calls; `cut`: the last one is not complete."""

    cut: bool

    @property
    def held(self) -> int: ...

    def feed(self, text: str) -> list[Said]: ...

    def flush(self, cut: bool = False) -> list[Said]: ...


class Spoken:
    """A `Speech`; it reads control tokens that mark thoughts and calls."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.grammar, self.control = plan.grammar, controls(plan.formats)
        self._told = Told({tool.name for tool in plan.tools}, plan.fresh)
        think = plan.formats.think
        self._thinking = Thinking(think, plan.opened) if think is not None else None
        self._calls = self._reader()

    @property
    def held(self) -> int:
        """Characters at the end that may still become text."""
        return self._calls.held if self._calls is not None else 0

    def feed(self, text: str) -> list[Said]:
        """What is certain by this text."""
        if self._thinking is None:
            return self._visible(text)
        reasoning, visible = self._thinking.feed(text)
        return _thought(reasoning) + self._visible(visible)

    def flush(self, cut: bool = False) -> list[Said]:
        """What was held back."""
        reasoning, visible = self._thinking.flush() if self._thinking is not None else ("", "")
        said = _thought(reasoning) + self._visible(visible)
        said += self._calls.flush(cut) if self._calls is not None else []
        return [each for each in said if each.kind != "text"] if cut and self._plan.forced else said

    def finish(self, finish: Finish) -> Finish:
        """An answer that ends with complete calls ends because of them."""
        cut = self._calls is not None and self._calls.cut
        return "tool_calls" if finish == "stop" and self._told.count and not cut else finish

    def again(self) -> "Spoken":
        """A fresh one."""
        return Spoken(self._plan)

    def _visible(self, text: str) -> list[Said]:
        if not text:
            return []
        return self._calls.feed(text) if self._calls is not None else [Said("text", text)]

    def _reader(self) -> Reader | None:
        calls, tools = self._plan.formats.calls, self._plan.tools
        if calls == "harmony":
            return Harmony(self._told)
        if calls is None or not tools:
            return None
        reads = FORMS[calls].reads
        if isinstance(reads, Marks):
            return JsonCalls(reads, self._told)
        assert reads is not None, "harmony alone has a reader of its own"
        return TaggedCalls(reads, self._told, {tool.name: parameters(tool.parameters) for tool in tools})


def controls(formats: Formats) -> tuple[str, ...]:
    """The texts of control tokens that stand around thoughts and calls."""
    return (*(FORMS[formats.calls].control if formats.calls is not None else ()), *(formats.think or ()))


def _thought(text: str) -> list[Said]:
    return [Said("reasoning", text)] if text else []
