"""Errors of the Responses surface: OpenAI's shape, under the event's name that ends a broken stream."""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from providers.errors import HalfpennyError
from proxy.surfaces import errors
from proxy.surfaces.errors import body

__all__ = ["Numbered", "body", "event"]


def event(error: HalfpennyError, number: int = 0) -> bytes:
    """The last event of a stream that broke after its head was sent; `error` is what the SDKs raise."""
    told = {"message": error.message, "code": error.code, "param": error.param}
    shape = {"type": "error", **told, "sequence_number": number, "error": {**told, "type": error.type}}
    return b"event: error\ndata: " + msgspec.json.encode(shape) + b"\n\n"


class Numbered(Struct, frozen=True):
    """These errors in a stream whose events are counted: `number` is the next one's."""

    number: Callable[[], int]

    def body(self, error: HalfpennyError) -> bytes:
        """The JSON body, whatever the status."""
        return errors.body(error)

    def event(self, error: HalfpennyError) -> bytes:
        """The stream's last event."""
        return event(error, self.number())
