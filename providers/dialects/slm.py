"""A small-model service: `POST /generate {"prompt", "topic"}` with a bearer token, one JSON answer.

The protocol has a prompt and nothing else: no length, no temperature, no stream. Its answer's field is not agreed on,
so that the usual names are read.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct

from providers.base import Outgoing, Reader
from providers.dialects.openai import failure, usage
from providers.dialects.parameters import asks, read, unsupported
from providers.dialects.whole import Whole
from providers.endpoint import Endpoint
from providers.errors import Broken, CallerError, ProviderError
from providers.words import Call, Event, Message, Sent

TEXTS = ("text", "response", "answer", "output", "generated_text", "completion")
"""Names under which services put what was generated, in the order of belief."""
SILENT = frozenset({"model", "messages", "stream", "stream_options", "user", "safety_identifier", "metadata", "store"})
HOW = ("max_tokens", "max_completion_tokens", "temperature", "top_p", "seed")
"""Wishes about how, not about what: a service that cannot be told answers in its own way."""


class _Metadata(Struct):
    topic: str | None = None


_metadata = msgspec.json.Decoder(_Metadata)
_encode = msgspec.json.Encoder().encode


class Slm(Endpoint, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="slm", tag_field="dialect"):
    """A small-model service. `topic` stands in a request whose `metadata` names none; `drop` names the parameters of a
    chat call that are left out."""

    topic: str = "general"
    drop: tuple[str, ...] = HOW

    def surface(self, call: Call) -> str:
        """No client surface has the same bytes."""
        return "slm"

    def request(self, call: Call, sent: Sent) -> Outgoing:
        """The upstream request. Raises CallerError naming `param` for what a prompt cannot say."""
        if call.task != "chat":
            raise unsupported("model", f"it makes no {call.task}")
        for name, raw in call.body.items():
            if name not in SILENT and name not in self.drop and asks(name, raw):
                raise unsupported(name)
        body = {"prompt": prompt(call.view.messages), "topic": self._topic(call.body)}
        return Outgoing("POST", "/generate", self._headers(sent), _encode(body))

    def reader(self, call: Call) -> Reader:
        """A fresh reader; the answer is whole, whether the client streams or not."""
        return _Reader()

    def failure(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """What a non-200 answer means."""
        return failure.of_answer(status, headers, self.unquoted(body))

    def _topic(self, fields: Mapping[str, Raw]) -> str:
        metadata = read(fields, "metadata", _metadata)
        return (metadata and metadata.topic) or self.topic

    def _headers(self, sent: Sent) -> tuple[tuple[str, str], ...]:
        headers = [("content-type", "application/json"), ("accept", "application/json"), *self.headers.items()]
        credential = sent.credential or (self.credential.reveal() if self.credential else "")
        if credential:
            headers.append(("authorization", f"Bearer {credential}"))
        return tuple(headers)


class _Reader(Whole):
    """Reads one JSON object, or a JSON string."""

    __slots__ = ()

    def end(self) -> list[Event]:
        """One event. Raises Broken when nothing in the body is a text."""
        try:
            told: Any = msgspec.json.decode(self._body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Broken("The upstream sent malformed JSON.") from None
        fields = told if isinstance(told, dict) else {"text": told}
        if fields.get("error"):
            raise failure.of_event(fields)
        said = next((fields[name] for name in TEXTS if isinstance(fields.get(name), str)), None)
        if said is None:
            raise Broken(f"The upstream's answer has none of the fields {', '.join(TEXTS)}.")
        model = fields.get("model")
        named = model if isinstance(model, str) else None
        return [Event(text=said, finish="stop", usage=usage.read(fields.get("usage")), answered=named)]


def prompt(messages: tuple[Message, ...]) -> str:
    """One user's message as it stands; a conversation as a transcript. Raises CallerError for what is no text."""
    if any(message.tool_calls or message.role in ("tool", "function") for message in messages):
        raise unsupported("messages", "it knows no tools")
    for message in messages:
        for part in message.content if isinstance(message.content, tuple) else ():
            if part.type != "text":
                raise unsupported("messages", f"there are no parts of the type '{part.type[:40]}'")
    if not any(message.text() for message in messages):
        raise CallerError("There is no message to answer.", param="messages", code="invalid_value")
    if len(messages) == 1:
        return messages[0].text()
    return "\n".join(f"{message.role}: {message.text()}" for message in messages) + "\nassistant:"
