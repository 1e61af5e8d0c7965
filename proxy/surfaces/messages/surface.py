"""The Messages surface, `POST /v1/messages`, as the gateway knows it.

Source: https://platform.claude.com/docs/en/api/messages and the types of the official SDK.
"""

from collections.abc import Mapping

from providers.words import Call
from proxy.surfaces.base import NO_HEADERS, Faults, Writer
from proxy.surfaces.messages import errors
from proxy.surfaces.messages.body import read
from proxy.surfaces.messages.stream import StreamWriter
from proxy.surfaces.messages.whole import WholeWriter


class Messages:
    """Anthropic's Messages: a body into a Call, events into its SSE or one message."""

    name = "messages"
    id_headers = (b"x-request-id", b"request-id")
    errors: Faults = errors

    def read(self, body: bytes, headers: Mapping[bytes, bytes] = NO_HEADERS) -> Call:
        """A Call from the client's bytes. Raises CallerError 400 naming `param`."""
        return read(body, headers)

    def writer(self, call: Call, id: str, created: int, model: str, verbatim: bool) -> Writer:
        """A writer for one answer: SSE or one body, as the client asked. Messages have no time."""
        kind = StreamWriter if call.view.stream else WholeWriter
        return kind(call, id, model, verbatim)
