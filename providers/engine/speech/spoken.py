"""The speech of a model that thinks or calls: its thoughts are taken out first, then its calls."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from providers.engine.frames import Finish
from providers.engine.speech.base import Formats, Said
from providers.engine.speech.calling import Told
from providers.engine.speech.harmony import MARKS, Harmony
from providers.engine.speech.jsoncalls import HERMES, LLAMA3, MISTRAL, JsonCalls
from providers.engine.speech.thinking import Thinking

_KINDS = {"hermes": HERMES, "llama3": LLAMA3, "mistral": MISTRAL, "mistral_args": MISTRAL}
_MISTRAL = ("[TOOL_CALLS]", "[ARGS]", "[CALL_ID]")


class Plan(Struct, frozen=True):
    """What all choices of an answer share. `names`: the tools that may be called; `grammar`: what the text keeps."""

    formats: Formats
    names: frozenset[str]
    opened: bool
    grammar: str | None
    fresh: Callable[[], str]


class Reader(Protocol):
    """Reads calls; `cut`: the last one is not complete."""

    cut: bool

    @property
    def held(self) -> int: ...

    def feed(self, text: str) -> list[Said]: ...

    def flush(self) -> list[Said]: ...


class Spoken:
    """A `Speech`; it reads control tokens that mark thoughts and calls."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.grammar, self.control = plan.grammar, controls(plan.formats)
        self._told = Told(plan.names, plan.fresh)
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

    def flush(self) -> list[Said]:
        """What was held back."""
        reasoning, visible = self._thinking.flush() if self._thinking is not None else ("", "")
        said = _thought(reasoning) + self._visible(visible)
        return said + (self._calls.flush() if self._calls is not None else [])

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
        calls = self._plan.formats.calls
        if calls == "harmony":
            return Harmony(self._told)
        return JsonCalls(_KINDS[calls], self._told) if calls is not None and self._plan.names else None


def controls(formats: Formats) -> tuple[str, ...]:
    """The texts of control tokens that stand around thoughts and calls."""
    calls = formats.calls
    found = _MISTRAL if calls in ("mistral", "mistral_args") else MARKS if calls == "harmony" else ()
    named = (_KINDS[calls].open, _KINDS[calls].close) if calls in ("hermes", "llama3") else ()
    return tuple(mark for mark in (*found, *named, *(formats.think or ())) if mark)


def _thought(text: str) -> list[Said]:
    return [Said("reasoning", text)] if text else []
