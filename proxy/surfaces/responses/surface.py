"""The Responses surface, `POST /v1/responses`, as the gateway knows it, for one key's request.

Source: https://platform.openai.com/docs/api-reference/responses.
"""

import logging
from collections.abc import Mapping

import msgspec
from msgspec import Raw

from providers.words import Call
from proxy.surfaces.base import NO_HEADERS, Faults, Writer
from proxy.surfaces.responses import errors
from proxy.surfaces.responses.body import read
from proxy.surfaces.responses.output import Told
from proxy.surfaces.responses.recall import NOWHERE, Recall
from proxy.surfaces.responses.shelf import Shelf, Unkept
from proxy.surfaces.responses.writing import StreamWriter, WholeWriter
from proxy.wishes import wishes

_LOG = logging.getLogger("halfpenny")
_ENCODE = msgspec.json.Encoder().encode
_ITEMS = msgspec.json.Decoder(list[Raw])


class Responses:
    """OpenAI's Responses: a body into a Call, events into its SSE or one response. One object is one request's.

    `shelf`: where this key's are kept; None: nowhere. `limit`: the most bytes of a conversation that goes on.
    """

    name = "responses"
    id_headers = (b"x-request-id",)

    def __init__(self, shelf: Shelf | None, limit: int) -> None:
        self._shelf, self._limit = shelf, limit
        self.errors: Faults = errors

    def read(self, body: bytes, headers: Mapping[bytes, bytes] = NO_HEADERS) -> Call:
        """A Call from the client's bytes. Raises CallerError 400 naming `param`."""
        shelf = self._shelf
        call = read(body, NOWHERE if shelf is None else Recall(shelf.conversation, shelf.item, self._limit))
        if wishes(headers, Raw()).no_store:
            call.own["store"] = Raw(b"false")
        return call

    def writer(self, call: Call, id: str, created: int, model: str, verbatim: bool) -> Writer:
        """A writer for one answer: SSE or one body, as the client asked."""

        def keep(response: Told) -> bool:
            return self._keep(call, created, response)

        if not call.view.stream:
            return WholeWriter(call, id, created, model, keep)
        writer = StreamWriter(call, id, created, model, keep)
        self.errors = errors.Numbered(lambda: writer.number)
        return writer

    def _keep(self, call: Call, created: int, response: Told) -> bool:
        """Keep it where that is wanted. An answer that is paid for is given also where it cannot be kept."""
        if self._shelf is None or bytes(call.own.get("store", b"")) == b"false":
            return False
        try:
            self._shelf.put(response["id"], created, _ITEMS.decode(call.own["input"]), _ENCODE(response))
        except Unkept as error:
            _LOG.warning("response %s is not kept: %s", response["id"], error.message)
            return False
        return True
