"""A whole answer's body while it is gathered: what every dialect's reader of one JSON body shares."""

from providers.errors import Broken
from providers.words import Event

LARGEST_BODY = 32 << 20
"""Bytes of a whole answer."""


class Whole:
    """Everything comes at the end; a dialect's reader adds `end`."""

    __slots__ = ("_body",)

    def __init__(self) -> None:
        self._body = bytearray()

    @property
    def done(self) -> bool:
        """A whole body ends where its length says."""
        return False

    def feed(self, data: bytes) -> list[Event]:
        """Keeps the bytes. Raises Broken above LARGEST_BODY."""
        self._body += data
        if len(self._body) > LARGEST_BODY:
            raise Broken(f"The upstream sent an answer of more than {LARGEST_BODY} bytes.")
        return []
