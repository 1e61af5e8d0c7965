"""The completions surface, `POST /v1/completions`: OpenAI's older shape, a prompt instead of a conversation.

An upstream that speaks it is asked in the client's own words; every other one is asked in chat's, the prompt as a
user's message. Source: https://platform.openai.com/docs/api-reference/completions.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from providers.words import Call, Event, Message, Need, View
from proxy.surfaces import errors
from proxy.surfaces.base import NO_HEADERS, Faults, Writer
from proxy.surfaces.body import fields, typed
from proxy.surfaces.chat import StreamOptions, Tokens
from proxy.surfaces.chat_stream import StreamWriter
from proxy.surfaces.chat_whole import Choice, WholeWriter
from proxy.surfaces.completion_logprobs import legacy
from proxy.wishes import OURS

LIMIT = 16
"""OpenAI's own limit of tokens, where the client set none."""
OWN = frozenset({"prompt", "logprobs", "echo", "suffix", "best_of"})
"""Fields that chat has not, or means otherwise."""
_ENCODE = msgspec.json.Encoder().encode


class CompletionsBody(Struct, frozen=True):
    """The fields of a request that we read; their limits are OpenAI's."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    prompt: str | tuple[str | int | tuple[int, ...], ...] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Tokens | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    best_of: Annotated[int, Meta(ge=1, le=20)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    logprobs: Annotated[int, Meta(ge=0, le=5)] | None = None
    echo: bool | None = None
    suffix: str | None = None


_BODY = msgspec.json.Decoder(CompletionsBody)


class Completions:
    """The surface as the gateway knows it."""

    name = "completions"
    id_headers = (b"x-request-id",)
    errors: Faults = errors

    def read(self, body: bytes, headers: Mapping[bytes, bytes] = NO_HEADERS) -> Call:
        """A Call from the client's bytes. Raises CallerError 400 naming `param`."""
        raw = fields(body)
        seen = typed(_BODY, body)
        own = {name: value for name, value in raw.items() if name != OURS}
        if seen.max_tokens is None:
            own["max_tokens"] = Raw(_ENCODE(LIMIT))
        prompt = _text(seen)
        view = View(
            model=seen.model,
            messages=(Message("user", prompt or ""),),
            stream=bool(seen.stream),
            include_usage=bool(seen.stream_options and seen.stream_options.include_usage),
            max_output=seen.max_tokens or LIMIT,
            n=max(seen.n or 1, seen.best_of or 1) * _prompts(seen),
            needs=_needs(seen),
        )
        inner = {name: value for name, value in raw.items() if name not in OWN} | _logprobs(seen)
        unsaid = _unsaid(seen, prompt)
        return Call("completions", "chat", inner, view, len(body), own=own, unsaid=unsaid)

    def writer(self, call: Call, id: str, created: int, model: str, verbatim: bool) -> Writer:
        """A writer for one answer: SSE or one body, as the client asked."""
        kind = CompletionStream if call.view.stream else WholeCompletion
        return kind(call, id, created, model, verbatim)


class CompletionStream(StreamWriter):
    """Writes one answer as a stream of `text_completion` objects, ending with `[DONE]`."""

    PREFIX, OBJECT = "cmpl-", "text_completion"

    def __init__(self, call: Call, id: str, created: int, model: str, verbatim: bool) -> None:
        super().__init__(call, id, created, model, verbatim)
        self._echo = _echoed(call)
        self._echoing = set(range(call.view.n)) if self._echo else set()
        self._offsets: dict[int, int] = {}

    def _choice(self, event: Event) -> dict[str, object] | None:
        text = event.text + event.refusal
        if event.choice in self._echoing:
            self._echoing.discard(event.choice)
            text = self._echo + text
        if not text and not event.finish and not bytes(event.logprobs):
            return None
        logprobs = None
        if bytes(event.logprobs):
            logprobs, offset = legacy(event.logprobs, self._offsets.get(event.choice, 0))
            self._offsets[event.choice] = offset
        return {"text": text, "index": event.choice, "logprobs": logprobs, "finish_reason": _finish(event.finish)}


class WholeCompletion(WholeWriter):
    """Gathers one answer into a `text_completion`."""

    PREFIX, OBJECT = "cmpl-", "text_completion"

    def __init__(self, call: Call, id: str, created: int, model: str, verbatim: bool) -> None:
        super().__init__(call, id, created, model, verbatim)
        self._echo = _echoed(call)

    def _shape(self, choice: Choice, index: int) -> dict[str, object]:
        text = self._echo + "".join(choice.text) + "".join(choice.refusal)
        said = choice.shape(index)["logprobs"]
        logprobs = legacy(Raw(_ENCODE(said)), 0)[0] if said is not None else None
        return {"text": text, "index": index, "logprobs": logprobs, "finish_reason": _finish(choice.finish)}


def _text(seen: CompletionsBody) -> str | None:
    """The one text that the prompt is; None for several, and for tokens."""
    if isinstance(seen.prompt, tuple) and len(seen.prompt) == 1 and isinstance(seen.prompt[0], str):
        return seen.prompt[0]
    return seen.prompt if isinstance(seen.prompt, str) else None


def _prompts(seen: CompletionsBody) -> int:
    """How many prompts are answered."""
    if isinstance(seen.prompt, tuple) and seen.prompt and not isinstance(seen.prompt[0], int):
        return len(seen.prompt)
    return 1


def _needs(seen: CompletionsBody) -> frozenset[Need]:
    needs: set[Need] = set()
    if seen.logprobs is not None:
        needs.add("logprobs")
    if seen.n and seen.n > 1:
        needs.add("many")
    return frozenset(needs)


def _logprobs(seen: CompletionsBody) -> dict[str, Raw]:
    """Chat counts what stands beside the chosen token; `logprobs: 0` wants that alone."""
    if seen.logprobs is None:
        return {}
    tops = {"top_logprobs": Raw(_ENCODE(seen.logprobs))} if seen.logprobs else {}
    return {"logprobs": Raw(b"true"), **tops}


def _unsaid(seen: CompletionsBody, prompt: str | None) -> dict[str, str]:
    unsaid: dict[str, str] = {}
    if not prompt:
        unsaid["prompt"] = "it takes one text"
    if seen.suffix:
        unsaid["suffix"] = "it cannot write between two texts"
    if seen.best_of is not None and seen.best_of > (seen.n or 1):
        unsaid["best_of"] = "it gives all that it makes"
    if seen.echo and seen.logprobs is not None:
        unsaid["echo"] = "it tells no log probabilities of a prompt"
    return unsaid


def _echoed(call: Call) -> str:
    """The prompt, where the client wants to read it again."""
    return call.view.messages[0].text() if bytes(call.own.get("echo", Raw())) == b"true" else ""


def _finish(finish: str | None) -> str | None:
    """Completions know no tools."""
    return "stop" if finish == "tool_calls" else finish
