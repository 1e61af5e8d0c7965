"""Errors of the Responses surface: OpenAI's shape, under the event's name that ends a broken stream."""

import msgspec

from providers.errors import HalfpennyError
from proxy.surfaces.errors import body

__all__ = ["body", "event"]


def event(error: HalfpennyError) -> bytes:
    """The last event of a stream that broke after its head was sent; `error` is what the SDKs raise."""
    told = {"message": error.message, "code": error.code, "param": error.param}
    shape = {"type": "error", **told, "error": {**told, "type": error.type}}
    return b"event: error\ndata: " + msgspec.json.encode(shape) + b"\n\n"
