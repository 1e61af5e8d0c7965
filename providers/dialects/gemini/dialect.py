"""The Gemini dialect: how a call is asked of `generateContent`, and who reads its answer.

Source: https://ai.google.dev/api/generate-content and the types of the official SDK.
"""

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from providers.base import Outgoing, Reader
from providers.dialects.gemini import embedding, failure, request
from providers.dialects.gemini.answer import StreamReader, WholeReader
from providers.endpoint import Endpoint
from providers.errors import ProviderError
from providers.words import Call, Sent

_encode = msgspec.json.Encoder().encode


class Gemini(Endpoint, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="gemini", tag_field="dialect"):
    """An upstream that speaks Gemini's format: `https://generativelanguage.googleapis.com/v1beta`, or a path of
    Vertex AI's that ends with `/publishers/google`.

    `bearer`: the credential is an access token, as Vertex AI wants it, not an API key. `drop` names the parameters of
    a chat call that are left out silently.
    """

    bearer: bool = False
    drop: tuple[str, ...] = ()

    def surface(self, call: Call) -> str:
        """No client surface has the same bytes."""
        return "gemini"

    def request(self, call: Call, sent: Sent) -> Outgoing:
        """The upstream request. Raises CallerError naming `param` for what Gemini cannot be asked."""
        if call.task == "embeddings":
            action, body = "batchEmbedContents", embedding.body(call, sent.model, self.drop)
        else:
            action = "streamGenerateContent?alt=sse" if call.view.stream else "generateContent"
            body = request.body(call, sent.model, sent.max_output or call.view.max_output, self.drop)
        path = f"/models/{quote(sent.model, safe='')}:{action}"
        return Outgoing("POST", path, self._headers(call, sent), _encode(body))

    def reader(self, call: Call) -> Reader:
        """A fresh reader for the answer to this call."""
        if call.task == "embeddings":
            return embedding.WholeReader()
        return StreamReader() if call.view.stream else WholeReader()

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
            headers.append(("authorization", f"Bearer {credential}") if self.bearer else ("x-goog-api-key", credential))
        return tuple(headers)
