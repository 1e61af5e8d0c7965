"""Reads a Gemini answer, streamed or whole, into events: a stream is a row of partial answers of the same shape.

There is no mark of the end: an answer is finished when every candidate that spoke has its reason.
Source: https://ai.google.dev/api/generate-content#generatecontentresponse.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct, structs

from providers.dialects.gemini import failure, usage
from providers.dialects.gemini.chances import Chances, told
from providers.dialects.sse import Framed, Splitter
from providers.dialects.whole import Whole
from providers.errors import Broken, ProviderError
from providers.words import Event, ToolDelta

FINISH = {"STOP": "stop", "MAX_TOKENS": "length"}
FAILED = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE"})
"""The model failed at a call; chat has no word for that, and nothing was filtered."""


class _Called(Struct, gc=False):
    name: str = ""
    id: str | None = None
    args: Raw = Raw(b"{}")


class _Part(Struct, gc=False, rename="camel"):
    text: str | None = None
    thought: bool | None = None
    function_call: _Called | None = None
    thought_signature: str | None = None


class _Content(Struct, gc=False):
    parts: list[_Part] | None = None


class _Candidate(Struct, gc=False, rename="camel"):
    index: int | None = None
    content: _Content | None = None
    finish_reason: str | None = None
    logprobs_result: Chances | None = None


class _Feedback(Struct, gc=False, rename="camel"):
    block_reason: str | None = None


class _Answer(Struct, gc=False, rename="camel"):
    candidates: list[_Candidate] | None = None
    prompt_feedback: _Feedback | None = None
    usage_metadata: Any = None
    model_version: str | None = None
    response_id: str | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Answer).decode


class _Candidates:
    """What every candidate has said so far: how many calls it made, whether it has finished."""

    __slots__ = ("_calls", "_finished", "_spoke")

    def __init__(self) -> None:
        self._calls: dict[int, int] = {}
        self._spoke: set[int] = set()
        self._finished: set[int] = set()

    @property
    def complete(self) -> bool:
        """Whether somebody spoke and nobody is unfinished."""
        return bool(self._spoke) and self._spoke == self._finished

    def read(self, data: bytes, wire: bytes) -> list[Event]:
        """At least one event. The first carries the wire, the usage and the answering model."""
        answer = _decoded(data)
        made = [
            event for place, found in enumerate(answer.candidates or ()) for event in self._said(found, place, answer)
        ]
        blocked = answer.prompt_feedback and answer.prompt_feedback.block_reason
        if blocked and not made:
            made = [Event(finish="content_filter")]
        made = made or [Event()]
        for event in made:
            if event.speaks():
                self._spoke.add(event.choice)
            if event.finish:
                self._finished.add(event.choice)
        first = structs.replace(
            made[0], wire=wire, usage=usage.read(answer.usage_metadata), answered=answer.model_version
        )
        return [first, *(structs.replace(event, wire=b"") for event in made[1:])]

    def _said(self, candidate: _Candidate, place: int, answer: _Answer) -> Iterator[Event]:
        choice = place if candidate.index is None else candidate.index
        parts = (candidate.content and candidate.content.parts) or []
        for part in parts:
            if part.function_call is not None:
                yield Event(choice=choice, tool=self._tool(part.function_call, choice, answer))
            elif part.text:
                thought, text = (part.text, "") if part.thought else ("", part.text)
                yield Event(choice=choice, text=text, reasoning=thought)
        if candidate.logprobs_result is not None:
            yield Event(choice=choice, logprobs=told(candidate.logprobs_result))
        if candidate.finish_reason:
            yield Event(choice=choice, finish=self._finish(candidate.finish_reason, choice))

    def _tool(self, called: _Called, choice: int, answer: _Answer) -> ToolDelta:
        """A call comes whole. Its id is ours where Gemini gives none; it must be told from those of other answers."""
        index = self._calls[choice] = self._calls.get(choice, -1) + 1
        id = called.id or f"call_{answer.response_id or 'gemini'}_{choice}_{index}"
        arguments = "{}" if bytes(called.args) == b"null" else bytes(called.args).decode()
        return ToolDelta(index, id, called.name, arguments)

    def _finish(self, reason: str, choice: int) -> str:
        """OpenAI's word. A turn that calls ends with STOP there."""
        if reason == "STOP" and choice in self._calls:
            return "tool_calls"
        return FINISH.get(reason, "stop" if reason in FAILED or reason == "OTHER" else "content_filter")


class StreamReader:
    """Reads a stream of partial answers up to the end of its body."""

    __slots__ = ("_candidates", "_failure", "_splitter")

    def __init__(self) -> None:
        self._splitter = Splitter()
        self._candidates = _Candidates()
        self._failure: ProviderError | None = None

    @property
    def done(self) -> bool:
        """Only the end of the body says so: a last chunk may follow the reason, with counts."""
        return False

    def feed(self, data: bytes) -> list[Event]:
        """Events completed by these bytes. A failure behind good events is raised by the next call, feed(b"") too."""
        if self._failure:
            raise self._failure
        return self._read(self._splitter.feed(data))

    def end(self) -> list[Event]:
        """Complete when every candidate that spoke has finished. Raises Broken otherwise."""
        if self._failure:
            raise self._failure
        events = self._read(self._splitter.end())
        if self._candidates.complete:
            return events
        rest = self._splitter.rest.strip()
        if rest.startswith((b"{", b"[")):
            _decoded(rest)
            raise Broken("The upstream sent a whole answer where a stream was asked for.")
        raise Broken("The upstream closed before the answer was finished.", code="upstream_disconnected")

    def _read(self, framed: list[Framed]) -> list[Event]:
        events: list[Event] = []
        try:
            for wire, data, _name in framed:
                events += self._candidates.read(data, wire)
        except ProviderError as failure:
            if not events:
                raise
            self._failure = failure
        return events


class WholeReader(Whole):
    """Reads one JSON body; everything comes at the end. The first event's wire is the whole body."""

    __slots__ = ()

    def end(self) -> list[Event]:
        """The events of the body. Raises Broken when it is no whole answer."""
        body = bytes(self._body)
        candidates = _Candidates()
        events = candidates.read(body, body)
        if not candidates.complete:
            raise Broken("The upstream's answer has no candidates, or no end.")
        return events


def _decoded(data: bytes) -> _Answer:
    """Raises Broken for malformed bytes, else what an error object means."""
    try:
        if not data.isascii():
            data.decode()  # msgspec does not look into the strings that it skips
        answer = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Broken("The upstream sent malformed JSON.") from None
    if answer.error:
        raise failure.of_event(answer.error)
    return answer
