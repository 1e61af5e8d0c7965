"""The Anthropic dialect: how a chat call is asked of the Messages API, and who reads its answer.

Source: https://platform.claude.com/docs/en/api/messages and the types of the official SDK.
"""

from collections.abc import Mapping

import msgspec

from providers.base import Outgoing, Reader
from providers.dialects.anthropic import failure, native, request
from providers.dialects.anthropic.stream import StreamReader
from providers.dialects.anthropic.whole import CountReader, WholeReader
from providers.dialects.parameters import unsupported
from providers.endpoint import Endpoint
from providers.errors import ProviderError
from providers.words import Call, Sent

_encode = msgspec.json.Encoder().encode
SURFACE = "messages"


class Anthropic(Endpoint, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="anthropic", tag_field="dialect"):
    """An upstream that speaks Anthropic's Messages format.

    `version` is the `anthropic-version` header. `max_output` (tokens) stands in a request whose sender set no limit,
    because the format demands one. `drop` names the parameters that are left out, because the provider's models refuse
    them: all since Opus 4.7 refuse `temperature`, `top_p` and `top_k`. `refuse` names what a client of the same format
    could ask and what costs more than our prices say, or more tokens than a request's size bounds.
    """

    version: str = "2023-06-01"
    max_output: int = 8192
    drop: tuple[str, ...] = ()
    refuse: tuple[str, ...] = native.UNPRICED

    def surface(self, call: Call) -> str:
        """The client surface whose wires are the same bytes."""
        return SURFACE

    def request(self, call: Call, sent: Sent) -> Outgoing:
        """The upstream request. Raises CallerError naming `param` for what the Messages API cannot be asked."""
        own = call.surface == SURFACE
        if call.task == "count" and own:
            counted = native.counted(call, sent.model, self.drop, self.refuse)
            return Outgoing("POST", "/messages/count_tokens", self._headers(call, sent), _encode(counted))
        if call.task != "chat":
            raise unsupported("model", f"it makes no {call.task}")
        limit = sent.max_output or call.view.max_output or self.max_output
        if own:
            body = native.body(call, sent.model, limit, self.drop, self.refuse)
        else:
            body = request.body(call, sent.model, limit, self.drop)
        return Outgoing("POST", "/messages", self._headers(call, sent), _encode(body))

    def reader(self, call: Call) -> Reader:
        """A fresh reader for the answer to this call."""
        if call.task == "count":
            return CountReader()
        return StreamReader() if call.view.stream else WholeReader()

    def failure(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """What a non-200 answer means."""
        return failure.of_answer(status, headers, self.unquoted(body))

    def _headers(self, call: Call, sent: Sent) -> tuple[tuple[str, str], ...]:
        headers = [
            ("content-type", "application/json"),
            ("accept", "text/event-stream" if call.view.stream else "application/json"),
            ("anthropic-version", self.version),
            *self.headers.items(),
            *(call.headers if call.surface == SURFACE else ()),
        ]
        credential = sent.credential or (self.credential.reveal() if self.credential else "")
        if credential:
            headers.append(("x-api-key", credential))
        return tuple(headers)
