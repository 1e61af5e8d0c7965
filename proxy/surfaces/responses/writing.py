"""The Responses surface's answers: a `response` object at the end, or the row of events that leads to it.

Source: https://platform.openai.com/docs/api-reference/responses/object.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw

from providers.words import Call, Event, Usage
from proxy.surfaces.chat_shapes import dollars
from proxy.surfaces.responses.output import Output, Told

_ENCODE = msgspec.json.Encoder().encode
ECHOED: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "store": True,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}
"""Fields of a request that its response repeats, and what they are where the client said nothing."""
INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
NULL = Raw(b"null")
Keep = Callable[[Told], bool]
"""Takes a finished response; whether it is kept."""


class _Writing:
    """What both writers do: items grow, a response is made of them. `keep` is called with the finished one."""

    def __init__(self, call: Call, id: str, created: int, model: str, keep: Keep) -> None:
        asked = {name: _echo(call.own.get(name, NULL), default) for name, default in ECHOED.items()}
        self._head: Told = {"id": f"resp_{id}", "object": "response", "created_at": created, "model": model}
        self._asked: Told = {**asked, "background": False, "error": None}
        self._output = Output(id)
        self._finish: str | None = None
        self._keep = keep

    def _response(self, status: str, usage: Told | None = None) -> Told:
        why = INCOMPLETE.get(self._finish or "") if status == "incomplete" else None
        details = {"reason": why} if why else None
        made = {"status": status, "incomplete_details": details, "output": self._output.items, "usage": usage}
        return {**self._head, **self._asked, **made}

    def _finished(self, usage: Usage | None, cost: int | None) -> Told:
        response = self._response(self._status(), _usage(usage, cost))
        return response if self._keep(response) else {**response, "store": False}

    def _status(self) -> str:
        return "incomplete" if self._finish in INCOMPLETE else "completed"


class WholeWriter(_Writing):
    """Gathers one answer; its bytes come at the end."""

    content_type = b"application/json"
    streams = False

    def write(self, events: list[Event], cost: int | None) -> bytes:
        """Nothing yet: the events are gathered."""
        for event in events:
            if event.choice == 0:
                self._finish = event.finish or self._finish
                for _told in self._output.write(event):
                    pass
        return b""

    def end(self, usage: Usage | None, cost: int | None) -> bytes:
        """The whole response. `cost` is in nano-dollars."""
        for _told in self._output.end(self._status()):
            pass
        return _ENCODE(self._finished(usage, cost))


class StreamWriter(_Writing):
    """Writes one answer as events, from `response.created` to `response.completed` or `response.incomplete`."""

    content_type = b"text/event-stream; charset=utf-8"
    streams = True

    def __init__(self, call: Call, id: str, created: int, model: str, keep: Keep) -> None:
        super().__init__(call, id, created, model, keep)
        self._number = 0
        self._begun = False

    def write(self, events: list[Event], cost: int | None) -> bytes:
        """The bytes of these events, to be sent at once."""
        said = [self._begin()]
        for event in events:
            if event.choice == 0:
                self._finish = event.finish or self._finish
                said += map(self._sse, self._output.write(event))
        return b"".join(said)

    def end(self, usage: Usage | None, cost: int | None) -> bytes:
        """The ends of the items, and of the response with its usage. `cost` is in nano-dollars."""
        status = self._status()
        said = [self._begin(), *map(self._sse, self._output.end(status))]
        last = self._finished(usage, cost)
        return b"".join([*said, self._sse({"type": f"response.{status}", "response": last})])

    @property
    def number(self) -> int:
        """Of the next event."""
        return self._number

    def _begin(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        begun = self._response("in_progress")
        kinds = ("response.created", "response.in_progress")
        return b"".join(self._sse({"type": kind, "response": begun}) for kind in kinds)

    def _sse(self, told: Told) -> bytes:
        self._number += 1
        data = _ENCODE({**told, "sequence_number": self._number - 1})
        return b"event: %b\ndata: %b\n\n" % (told["type"].encode(), data)


def _echo(said: Raw, default: object) -> object:
    """What the client said, or what holds where it said nothing or null."""
    return default if bytes(said) == b"null" else said


def _usage(usage: Usage | None, cost: int | None) -> Told | None:
    if usage is None:
        return None
    shape: Told = {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }
    return shape if cost is None else {**shape, "cost": Raw(dollars(cost))}
