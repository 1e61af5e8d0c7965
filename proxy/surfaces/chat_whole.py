"""The chat surface's whole answer: events gathered into one `chat.completion` body.

An upstream's own body passes with every field; only `usage` is re-encoded, so that `usage.cost` can stand in it.
"""

import msgspec
from msgspec import Raw, Struct

from providers.words import Call, Event, Usage
from proxy.surfaces.chat_shapes import ToolCalls, priced, usage_json

_ENCODE = msgspec.json.Encoder().encode


class Tokens(Struct, frozen=True):
    """OpenAI's `logprobs` object: an entry for each token."""

    content: tuple[Raw, ...] | None = None
    refusal: tuple[Raw, ...] | None = None


_TOKENS = msgspec.json.Decoder(Tokens)


class Choice:
    """One choice of an answer while it is gathered."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.refusal: list[str] = []
        self.tools = ToolCalls()
        self.finish: str | None = None
        self.logprobs: list[Raw] = []

    def add(self, event: Event) -> None:
        """Take in one event."""
        if event.text:
            self.text.append(event.text)
        if event.reasoning:
            self.reasoning.append(event.reasoning)
        if event.refusal:
            self.refusal.append(event.refusal)
        if event.tool is not None:
            self.tools.gather(event.tool)
        self.finish = event.finish or self.finish
        if bytes(event.logprobs):
            self.logprobs.append(event.logprobs)

    def shape(self, index: int) -> dict[str, object]:
        """The choice in OpenAI's shape."""
        calls = self.tools.gathered()
        text = "".join(self.text)
        message: dict[str, object] = {"role": "assistant", "content": text if text or not calls else None}
        message["refusal"] = "".join(self.refusal) or None
        if self.reasoning:
            message["reasoning_content"] = "".join(self.reasoning)
        if calls:
            message["tool_calls"] = calls
        logprobs = joined(self.logprobs) if self.logprobs else None
        return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": self.finish}


def joined(parts: list[Raw]) -> Raw | Tokens:
    """The log-probabilities of a choice, which came in pieces."""
    if len(parts) == 1:
        return parts[0]
    read = [_TOKENS.decode(part) for part in parts]
    refusal = tuple(entry for each in read for entry in each.refusal or ())
    return Tokens(tuple(entry for each in read for entry in each.content or ()), refusal or None)


class WholeWriter:
    """Gathers one answer; its bytes come at the end."""

    content_type = b"application/json"
    streams = False
    PREFIX, OBJECT = "chatcmpl-", "chat.completion"

    def __init__(self, call: Call, id: str, created: int, model: str, verbatim: bool) -> None:
        self._verbatim = verbatim
        self._head = {"id": f"{self.PREFIX}{id}", "object": self.OBJECT, "created": created, "model": model}
        self._body: bytes | None = None
        self._choices: dict[int, Choice] = {}

    def write(self, events: list[Event], cost: int | None) -> bytes:
        """Nothing yet: the events are gathered."""
        for event in events:
            if event.wire and self._verbatim:
                self._body = event.wire
            elif not self._verbatim or event.wire is None:
                self._choices.setdefault(event.choice, Choice()).add(event)
        return b""

    def end(self, usage: Usage | None, cost: int | None) -> bytes:
        """The whole body. `cost` is in nano-dollars."""
        if self._body is not None:
            return priced(self._body, cost)
        choices = [self._shape(self._choices[index], index) for index in sorted(self._choices)]
        body: dict[str, object] = {**self._head, "choices": choices}
        if usage is not None:
            body["usage"] = Raw(usage_json(usage, cost))
        return _ENCODE(body)

    def _shape(self, choice: Choice, index: int) -> dict[str, object]:
        return choice.shape(index)
