"""AWS's binary event stream: bytes in, whole messages out, wherever the reads were cut.

Source: https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html: lengths, headers, payload, each with a CRC.
"""

from binascii import crc32
from struct import Struct as Layout

import msgspec

from providers.errors import Broken

PRELUDE = Layout(">III")
"""The message's length, its headers' length, the CRC of both."""
CRC = Layout(">I")
LARGEST = 1 << 24
TEXT = 7
SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of a header's value, by its type; types 6 and 7 say theirs."""


class Frame(msgspec.Struct, frozen=True):
    """One message: its own bytes, the headers that are texts, its payload."""

    wire: bytes
    headers: dict[str, str]
    payload: bytes


class Frames:
    """Splits one stream."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    @property
    def rest(self) -> bytes:
        """Bytes of a message that is not whole."""
        return bytes(self._held)

    def feed(self, data: bytes) -> list[Frame]:
        """Messages that these bytes complete. Raises Broken for what is none."""
        held = self._held
        held += data
        found: list[Frame] = []
        while len(held) >= PRELUDE.size:
            length, headers, crc = PRELUDE.unpack_from(held)
            if crc32(held[:8]) != crc or not PRELUDE.size + headers + CRC.size <= length <= LARGEST:
                raise _damaged()
            if len(held) < length:
                break
            wire = bytes(held[:length])
            del held[:length]
            if crc32(wire[: -CRC.size]) != CRC.unpack(wire[-CRC.size :])[0]:
                raise _damaged()
            start = PRELUDE.size + headers
            found.append(Frame(wire, _headers(wire[PRELUDE.size : start]), wire[start : -CRC.size]))
        return found


def _headers(data: bytes) -> dict[str, str]:
    """The headers whose values are texts."""
    found: dict[str, str] = {}
    try:
        at = 0
        while at < len(data):
            name_end = at + 1 + data[at]
            name, kind, at = data[at + 1 : name_end].decode(), data[name_end], name_end + 1
            if kind in SIZES:
                at += SIZES[kind]
                continue
            size = int.from_bytes(data[at : at + 2])
            at += 2 + size
            if kind == TEXT:
                found[name] = data[at - size : at].decode()
    except (IndexError, UnicodeDecodeError):
        raise _damaged() from None
    return found


def _damaged() -> Broken:
    return Broken("The upstream sent a damaged event stream.")
