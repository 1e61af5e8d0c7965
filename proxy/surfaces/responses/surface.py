"""The Responses surface, `POST /v1/responses`, as the gateway knows it, for one key's request.

Source: https://platform.openai.com/docs/api-reference/responses.
"""

from collections.abc import Mapping

import msgspec
from msgspec import Raw

from providers.words import Call
from proxy.surfaces.base import NO_HEADERS, Faults, Writer
from proxy.surfaces.responses import errors
from proxy.surfaces.responses.body import read
from proxy.surfaces.responses.output import Told
from proxy.surfaces.responses.shelf import Shelf
from proxy.surfaces.responses.writing import StreamWriter, WholeWriter
from proxy.wishes import wishes

_ENCODE = msgspec.json.Encoder().encode
_ITEMS = msgspec.json.Decoder(list[Raw])


class Responses:
    """OpenAI's Responses: a body into a Call, events into its SSE or one response. `shelf`: where this key's are kept;
    None: nowhere."""

    name = "responses"
    id_headers = (b"x-request-id",)
    errors: Faults = errors

    def __init__(self, shelf: Shelf | None) -> None:
        self._shelf = shelf

    def read(self, body: bytes, headers: Mapping[bytes, bytes] = NO_HEADERS) -> Call:
        """A Call from the client's bytes. Raises CallerError 400 naming `param`."""
        call = read(body, self._shelf.conversation if self._shelf is not None else lambda _id: None)
        if wishes(headers, Raw()).no_store:
            call.own["store"] = Raw(b"false")
        return call

    def writer(self, call: Call, id: str, created: int, model: str, verbatim: bool) -> Writer:
        """A writer for one answer: SSE or one body, as the client asked."""
        kind = StreamWriter if call.view.stream else WholeWriter

        def keep(response: Told) -> None:
            wanted = bytes(call.own.get("store", Raw(b"true"))) != b"false"
            if wanted and self._shelf is not None:
                self._shelf.put(response["id"], created, _ITEMS.decode(call.own["input"]), _ENCODE(response))

        return kind(call, id, created, model, keep)
