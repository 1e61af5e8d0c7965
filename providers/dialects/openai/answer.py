"""Reads an OpenAI answer, streamed or whole, into events; says when it is finished and when it is cut short."""

from providers.dialects.openai import chunk
from providers.dialects.sse import Framed, Splitter
from providers.dialects.whole import Whole
from providers.errors import Broken, ProviderError
from providers.words import Event, Task


class StreamReader:
    """Reads a stream of chunks. `[DONE]` is swallowed: a surface writes its own. What follows it is ignored."""

    __slots__ = ("_done", "_failure", "_finished", "_splitter", "_spoke")

    def __init__(self) -> None:
        self._splitter = Splitter()
        self._done = False
        self._failure: ProviderError | None = None
        self._spoke: set[int] = set()
        self._finished: set[int] = set()

    @property
    def done(self) -> bool:
        """`[DONE]` has come."""
        return self._done

    def feed(self, data: bytes) -> list[Event]:
        """Events completed by these bytes. A failure behind good events is raised by the next call, feed(b"") too."""
        if self._failure:
            raise self._failure
        return self._read(self._splitter.feed(data))

    def end(self) -> list[Event]:
        """Complete after `[DONE]`, or when every choice that spoke has finished. Raises Broken otherwise."""
        if self._failure:
            raise self._failure
        events = self._read(self._splitter.end())
        if self._spoke and (self._done or self._spoke == self._finished):
            return events
        if not self._spoke:
            self._refuse_silence()
        raise Broken("The upstream closed before the answer was finished.", code="upstream_disconnected")

    def _read(self, framed: list[Framed]) -> list[Event]:
        events: list[Event] = []
        try:
            for wire, data, name in framed:
                if self._done or data == b"[DONE]":
                    self._done = True
                    break
                events += chunk.events(chunk.decode(data, name), wire)
        except ProviderError as failure:
            if not events:
                raise
            self._failure = failure
        for event in events:
            if event.finish:
                self._spoke.add(event.choice)
                self._finished.add(event.choice)
            elif event.choice not in self._spoke and event.speaks():
                self._spoke.add(event.choice)
        return events

    def _refuse_silence(self) -> None:
        """Nothing was said: an error object alone instead of a stream, no stream at all, or an empty one."""
        rest = self._splitter.rest.strip()
        if rest.startswith((b"{", b"[")):
            chunk.decode(rest)
        if rest or self._done:
            raise Broken("The upstream sent no answer that makes sense.")


class WholeReader(Whole):
    """Reads one JSON body; everything comes at the end. The first event's wire is the whole body."""

    __slots__ = ("_task",)

    def __init__(self, task: Task) -> None:
        super().__init__()
        self._task = task

    def end(self) -> list[Event]:
        """The events of the body. Raises Broken when it is no whole answer."""
        body = bytes(self._body)
        answer = chunk.decode(body)
        if self._task == "chat" and not answer.choices:
            raise Broken("The upstream's answer has no choices.")
        return chunk.events(answer, body)
