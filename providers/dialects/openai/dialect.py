"""The OpenAI dialect: how a call is asked, and who reads its answer.

Source: https://platform.openai.com/docs/api-reference/chat. A client's body is patched and encoded anew: with a
duplicate key in the client's own bytes, the upstream could serve another `model` than the one that was priced.
"""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Raw, field

from providers.base import Outgoing, Reader
from providers.dialects.openai import conversation, failure, quirks
from providers.dialects.openai.answer import StreamReader, WholeReader
from providers.endpoint import Endpoint
from providers.errors import CallerError, ProviderError
from providers.words import Call, Sent

OutputField = Literal["max_tokens", "max_completion_tokens"]
OUTPUT_FIELDS: tuple[OutputField, ...] = ("max_tokens", "max_completion_tokens")
NEW_NAME_HOSTS = ("api.openai.com", ".openai.azure.com")
"""Their reasoning models refuse `max_tokens`; elsewhere the new name may be ignored, which would unbound the cost."""

UNKNOWN_THERE = ("top_k", "min_p", "repetition_penalty")
Surface = Literal["chat", "embeddings", "completions"]
PATHS: dict[str, str] = {"chat": "/chat/completions", "embeddings": "/embeddings", "completions": "/completions"}
_options = msgspec.json.Decoder(dict[str, Raw] | None)
_encode = msgspec.json.Encoder().encode


class OpenAI(Endpoint, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="openai", tag_field="dialect"):
    """An upstream that speaks OpenAI's format.

    `max_output_field`: the only name that the upstream knows for the output limit; None keeps the client's own.
    `stream_options`: False for upstreams that refuse that field; some tell the usage of a stream all the same.
    `developer_role`: False for upstreams that know only `system`. `cache_control`: True for upstreams that know
    Anthropic's marks, as OpenRouter does; elsewhere what a Messages client marked is sent unmarked.
    `drop`, `refuse`, `rename`: parameters to leave out; to refuse by name, because the upstream would ignore
    them silently; to call otherwise. What has prices of its own is refused unless you say otherwise: service tiers, the
    provider's own searches, OpenRouter's `plugins` and `models`. `speaks`: which of OpenAI's surfaces are asked as they
    came; what comes by another is asked in chat's words.
    """

    max_output_field: OutputField | None = None
    stream_options: bool = True
    developer_role: bool = True
    cache_control: bool = False
    drop: tuple[str, ...] = ()
    refuse: tuple[str, ...] = ("service_tier", "web_search_options", "plugins", "models")
    rename: dict[str, str] = field(default_factory=dict)
    speaks: tuple[Surface, ...] = ("chat", "embeddings")

    def surface(self, call: Call) -> str:
        """The client surface whose wires are the same bytes."""
        return call.surface if call.surface in self.speaks else "chat"

    def request(self, call: Call, sent: Sent) -> Outgoing:
        """The upstream request. Raises CallerError naming `param` for what the upstream cannot be asked."""
        surface = self.surface(call)
        spoken, kept = (
            (call.own, ()) if surface == "completions" else conversation.in_chat(call, marks=self.cache_control)
        )
        body = quirks.adapted(spoken, self.drop, (*self.refuse, *self._unknown()), self.rename)
        body["model"] = Raw(_encode(sent.model))
        if call.task == "chat":
            self._limit(body, sent.max_output, surface)
            if call.view.stream:
                self._ask_usage(body)
            if (
                surface == "chat"
                and not self.developer_role
                and any(message.role == "developer" for message in call.view.messages)
            ):
                body["messages"] = quirks.without_developers(body["messages"])
        return Outgoing("POST", PATHS[surface], self._headers(call, sent), _encode(body), kept)

    def reader(self, call: Call) -> Reader:
        """A fresh reader for the answer to this call."""
        if call.task == "chat" and call.view.stream:
            return StreamReader()
        return WholeReader(call.task)

    def failure(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """What a non-200 answer means."""
        return failure.of_answer(status, headers, self.unquoted(body))

    def _headers(self, call: Call, sent: Sent) -> tuple[tuple[str, str], ...]:
        headers = [
            ("content-type", "application/json"),
            ("accept", "text/event-stream" if call.view.stream else "application/json"),
            *self.headers.items(),
        ]
        credential = sent.credential or (self.credential.reveal() if self.credential else "")
        if credential:
            headers.append(("authorization", f"Bearer {credential}"))
        return tuple(headers)

    def _limit(self, body: dict[str, Raw], tokens: int | None, surface: str) -> None:
        """Write the output limit under the name that the upstream knows; None only renames the client's own."""
        present = [name for name in OUTPUT_FIELDS if name in body]
        if tokens is None and present and self.max_output_field:
            limit = body[present[-1]]
        elif tokens is None:
            return
        else:
            limit = Raw(_encode(tokens))
        names = (self.max_output_field,) if self.max_output_field else present or (self._usual_output_field(),)
        if surface == "completions":
            names = ("max_tokens",)
        for name in present:
            del body[name]
        body.update(dict.fromkeys(names, limit))

    def _unknown(self) -> tuple[str, ...]:
        """What many servers know and OpenAI itself refuses, not always by name."""
        return UNKNOWN_THERE if (urlsplit(self.base_url).hostname or "").endswith(NEW_NAME_HOSTS) else ()

    def _usual_output_field(self) -> OutputField:
        host = urlsplit(self.base_url).hostname or ""
        return "max_completion_tokens" if host.endswith(NEW_NAME_HOSTS) else "max_tokens"

    def _ask_usage(self, body: dict[str, Raw]) -> None:
        """Usage is always asked for: the client's other options stay."""
        raw = body.pop("stream_options", Raw(b"null"))
        if not self.stream_options:
            return
        try:
            options = _options.decode(raw) or {}
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise CallerError("stream_options must be an object.", param="stream_options") from None
        options["include_usage"] = Raw(b"true")
        body["stream_options"] = Raw(_encode(options))
