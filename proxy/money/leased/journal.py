"""A worker's journal: what it held, dispatched and ended. One write(2) a record, which survives `kill -9`.

A record is its length, its CRC-32 and msgpack. A record that was cut short ends the file. The owner holds a lock beside
the file while it lives; whoever gets that lock may replay the journal of a dead one (`recovery`).
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from struct import Struct as Layout
from zlib import crc32

from msgspec import DecodeError, Struct, msgpack

from proxy.money.books import Name
from proxy.money.ledger import Ending, Hold, State
from routing.budget import Scope

SUFFIX = ".journal"
LARGEST = 16 << 20
"""Bytes from which what is in the book of record already is dropped."""
_HEAD = Layout("<II")


class Begun(Struct, frozen=True, array_like=True, tag="b"):
    """Whose journal it is, and in which boot of the system it was written."""

    owner: str
    boot: str


class Touched(Struct, frozen=True, array_like=True, tag="t"):
    """From here on the owner may have a lease of this counter; `cum` is what it booked there before this record."""

    scope: Scope
    cum: int = 0


class Held(Struct, frozen=True, array_like=True, tag="h"):
    """A hold was taken."""

    hold: Hold


class Dispatched(Struct, frozen=True, array_like=True, tag="d"):
    """An attempt is about to send its first byte."""

    id: str
    k: int


class Ended(Struct, frozen=True, array_like=True, tag="e"):
    """A held attempt ended; `booked` n$ go to its counters."""

    ending: Ending
    state: State
    booked: int


Record = Begun | Touched | Held | Dispatched | Ended

_decode = msgpack.Decoder(Record).decode
_encoder = msgpack.Encoder()


class Journal:
    """The file of a living owner. Every write raises OSError, and then has written nothing that counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1
        self._buffer = bytearray(1024)
        self.size = 0

    def append(self, *records: Record) -> None:
        """Write records, all with one call. Returns when a `kill -9` cannot undo it."""
        data: bytes | bytearray = _framed(records[0], self._buffer)
        if len(records) > 1:
            data = b"".join([bytes(_framed(record, self._buffer)) for record in records])
        wrote = -1
        try:
            wrote = os.write(self._fd, data)
        finally:
            if wrote != len(data):
                os.ftruncate(self._fd, self.size)
        if wrote != len(data):
            raise OSError("the disk is full")
        self.size += wrote

    def begin(self, records: Iterable[Record]) -> None:
        """Write the file anew with these records, in place of the old one."""
        beside = self._path.with_name(self._path.name + ".new")
        data = b"".join([bytes(_framed(record, self._buffer)) for record in records])
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            if os.write(fd, data) != len(data):
                raise OSError("the disk is full")
            os.rename(beside, self._path)
        except BaseException:
            os.close(fd)
            raise
        self.close()
        self._fd, self.size = fd, len(data)

    def close(self) -> None:
        """Let go of the file, which stays."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


class Replayed:
    """What a journal says: open holds with whether they were dispatched, ends, and what was booked in each counter."""

    def __init__(self, path: Path) -> None:
        self.owner = self.boot = ""
        self.open: dict[tuple[str, int], Hold] = {}
        self.dispatched: set[tuple[str, int]] = set()
        self.ended: dict[tuple[str, int], tuple[Hold, Ended]] = {}
        self.scopes: dict[Name, Scope] = {}
        self.booked: dict[Name, int] = {}
        for record in read(path):
            self._take(record)

    def _take(self, record: Record) -> None:
        if isinstance(record, Begun):
            self.owner, self.boot = record.owner, record.boot
        elif isinstance(record, Touched):
            name = (record.scope.rule, record.scope.window)
            self.scopes[name] = record.scope
            self.booked.setdefault(name, record.cum)
        elif isinstance(record, Held):
            self.open[record.hold.id, record.hold.k] = record.hold
        elif isinstance(record, Dispatched):
            self.dispatched.add((record.id, record.k))
        else:
            self.end(record)

    def end(self, record: Ended) -> None:
        """Move an attempt from the open ones to the ended ones."""
        attempt = (record.ending.id, record.ending.k)
        hold = self.open.pop(attempt, None)
        if hold is None:
            return
        self.ended[attempt] = hold, record
        for scope in hold.scopes:
            name = (scope.rule, scope.window)
            self.scopes.setdefault(name, scope)
            self.booked[name] = self.booked.get(name, 0) + record.booked


def read(path: Path) -> Iterator[Record]:
    """The records of a journal, up to one that was cut short."""
    data = path.read_bytes()
    at = 0
    while at + _HEAD.size <= len(data):
        length, check = _HEAD.unpack_from(data, at)
        payload = data[at + _HEAD.size : at + _HEAD.size + length]
        if len(payload) < length or crc32(payload) != check:
            return
        try:
            yield _decode(payload)
        except DecodeError:
            return
        at += _HEAD.size + length


def _framed(record: Record, buffer: bytearray) -> bytearray:
    _encoder.encode_into(record, buffer, _HEAD.size)
    payload = memoryview(buffer)[_HEAD.size :]
    _HEAD.pack_into(buffer, 0, len(payload), crc32(payload))
    payload.release()
    return buffer
