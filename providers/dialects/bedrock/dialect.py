"""The Bedrock dialect: how a call is asked of Converse, how it is signed, and who reads its answer.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

import msgspec

from providers.base import Outgoing, Reader
from providers.dialects.bedrock import failure, request
from providers.dialects.bedrock.answer import StreamReader, WholeReader
from providers.dialects.bedrock.signature import keys, signed
from providers.dialects.parameters import unsupported
from providers.endpoint import Endpoint
from providers.errors import ProviderError
from providers.words import Call, Sent

_encode = msgspec.json.Encoder().encode
SERVICE = "bedrock"


class Bedrock(Endpoint, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="bedrock", tag_field="dialect"):
    """AWS Bedrock in one region: `https://bedrock-runtime.us-east-1.amazonaws.com`.

    `credential`: an access key as `id:secret` or `id:secret:token`, which signs each request, or a Bedrock API key.
    `drop` names the parameters of a chat call that are left out.
    """

    region: str
    drop: tuple[str, ...] = ()

    def surface(self, call: Call) -> str:
        """No client surface has the same bytes."""
        return "converse"

    def request(self, call: Call, sent: Sent) -> Outgoing:
        """The upstream request. Raises CallerError naming `param` for what Converse cannot be asked."""
        if call.task != "chat":
            raise unsupported("model", f"it makes no {call.task}")
        body = _encode(request.body(call, sent.max_output or call.view.max_output, self.drop))
        path = f"/model/{quote(sent.model, safe='')}/{'converse-stream' if call.view.stream else 'converse'}"
        headers = [("content-type", "application/json"), *self.headers.items(), *self._proof(path, body, sent)]
        return Outgoing("POST", path, tuple(headers), body, kept=("cache_control",))

    def reader(self, call: Call) -> Reader:
        """A fresh reader for the answer to this call."""
        return StreamReader() if call.view.stream else WholeReader()

    def failure(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """What a non-200 answer means."""
        return failure.of_answer(status, headers, self.unquoted(body))

    def _proof(self, path: str, body: bytes, sent: Sent) -> list[tuple[str, str]]:
        credential = sent.credential or (self.credential.reveal() if self.credential else "")
        found = keys(credential)
        if found is None:
            return [("authorization", f"Bearer {credential}")] if credential else []
        base = urlsplit(self.base_url)
        return signed(found, self.region, SERVICE, base.netloc, base.path.rstrip("/") + path, body, sent.at)
