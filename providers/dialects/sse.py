"""Server-sent events: bytes in, whole events out, wherever the reads were cut.

Pure (https://html.spec.whatwg.org/multipage/server-sent-events.html, "Parsing an event stream"). Two roads lead to
the same events: nearly all upstreams write `data: …` lines ended by bare line feeds, and those are only split; whatever
has a carriage return, several lines or a comment is read line by line.
"""

import re
from typing import TypeAlias

from providers.errors import Broken

LARGEST_EVENT = 1 << 20
"""Bytes of one event without its blank line."""

Framed: TypeAlias = tuple[bytes, bytes, bytes]
"""An event's own bytes with its blank line, its data (lines joined by a line feed), its name (b"" when it has none)."""

BOM = b"\xef\xbb\xbf"
LINE_END = re.compile(rb"\r\n|\n|\r")
BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?=[^\n]))")
"""Two line ends. A last `\\r` waits for the byte that follows, which may be its `\\n`."""
LONGEST_BLANK_LINE = 4


class Splitter:
    """Splits one stream. Blocks without data (comments, pings) are no events, and their bytes are dropped."""

    __slots__ = ("_begun", "_held", "_scanned")

    def __init__(self) -> None:
        self._begun = False
        self._held = bytearray()
        self._scanned = 0

    @property
    def rest(self) -> bytes:
        """Bytes after the last blank line."""
        return bytes(self._held)

    def feed(self, data: bytes) -> list[Framed]:
        """Events that these bytes complete. Raises Broken for an event above LARGEST_EVENT."""
        if self._held or not self._begun:
            data = self._resume(data)
        if b"\r" in data:
            return self._split_carefully(data)
        *blocks, rest = data.split(b"\n\n")
        if rest:
            self._hold(rest)
        events: list[Framed] = []
        for block in blocks:
            if block.startswith(b"data: ") and block.find(b"\n", 6) < 0 and 6 < len(block) <= LARGEST_EVENT:
                events.append((block + b"\n\n", block[6:], b""))
            else:
                events.extend(_read(block, b"\n\n"))
        return events

    def end(self) -> list[Framed]:
        """What EOF completes: an event whose blank line is a bare carriage return. An unfinished event is dropped."""
        if not self._held.endswith(b"\r"):
            return []
        return [(wire[:-1], data, name) for wire, data, name in self.feed(b"\n")]

    def _resume(self, data: bytes) -> bytes:
        """The held bytes and these, once there is a blank line among them; until then b"", and all is held."""
        held = self._held
        held += data
        if not self._begun:
            if len(held) < len(BOM) and BOM.startswith(held):
                return b""
            self._begun = True
            if held.startswith(BOM):
                del held[: len(BOM)]
        if not BLANK_LINE.search(held, self._scanned):
            self._hold(b"")
            return b""
        whole = bytes(held)
        held.clear()
        self._scanned = 0
        return whole

    def _hold(self, rest: bytes) -> None:
        self._held += rest
        self._scanned = max(0, len(self._held) - LONGEST_BLANK_LINE)
        if len(self._held) >= LARGEST_EVENT + LONGEST_BLANK_LINE:
            raise _too_large()

    def _split_carefully(self, data: bytes) -> list[Framed]:
        events: list[Framed] = []
        start = 0
        for blank in BLANK_LINE.finditer(data):
            events.extend(_read(data[start : blank.start()], blank.group()))
            start = blank.end()
        if start < len(data):
            self._hold(data[start:])
        return events


def _read(block: bytes, blank: bytes) -> list[Framed]:
    """The event of one block, or none if it has no data."""
    if len(block) > LARGEST_EVENT:
        raise _too_large()
    lines: list[bytes] = []
    name = b""
    for line in LINE_END.split(block):
        field, _, value = line.partition(b":")
        if field == b"data":
            lines.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.removeprefix(b" ")
    data = b"\n".join(lines)
    return [(block + blank, data, name)] if data else []


def _too_large() -> Broken:
    return Broken(f"The upstream sent an event of more than {LARGEST_EVENT} bytes.")
