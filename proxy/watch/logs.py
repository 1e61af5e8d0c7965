"""The log: one JSON object per line on standard error, written off the event loop in batches.

A blocked pipe or a full disk must never stop a request: beyond a bound, lines are dropped and counted.
"""

import asyncio
import logging
import os
from datetime import UTC, datetime

import msgspec

from proxy.record import Record

MAX_WAITING = 10_000
FLUSH_SECONDS = 0.1
_LONGEST = 512
_TOLD = tuple(name for name in Record.__struct_fields__ if name not in ("attempts", "opinion", "choice", "no_store"))
"""The record's own fields; what it holds besides is a table, for `halfpenny requests show`."""
_ENCODE = msgspec.json.Encoder().encode


class Log:
    """Collects lines and writes them in batches to a file descriptor."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._waiting: list[bytes] = []
        self._flushing: asyncio.Future[int] | None = None
        self.dropped = 0

    def request(self, record: Record) -> None:
        """One line for one request: sizes, names and money; never what was said."""
        shape = {name: getattr(record, name) for name in _TOLD}
        shape["at"] = _time(record.at)
        self.line("request", shape)

    def line(self, event: str, fields: dict[str, object]) -> None:
        """Queue a line; long values are cut, control characters are escaped by JSON."""
        if len(self._waiting) >= MAX_WAITING:
            self.dropped += 1
            return
        cut = {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in fields.items()}
        self._waiting.append(_ENCODE({"event": event, **cut}) + b"\n")
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        if self._flushing is not None and not self._flushing.done():
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush)
            return
        lines, self._waiting = self._waiting, []
        if lines:
            loop = asyncio.get_running_loop()
            self._flushing = loop.run_in_executor(None, _write, self._fd, b"".join(lines))
            self._flushing.add_done_callback(self._flushed)

    def _flushed(self, done: "asyncio.Future[int]") -> None:
        self.dropped += 0 if done.cancelled() else done.result()

    async def aclose(self) -> None:
        """Write what waits."""
        if self._flushing is not None:
            await self._flushing
        lines, self._waiting = self._waiting, []
        self.dropped += _write(self._fd, b"".join(lines))


class JsonFormatter(logging.Formatter):
    """Python's own log records in the same shape."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object; a traceback becomes one escaped string."""
        shape: dict[str, object] = {
            "event": "log",
            "at": _time(int(record.created * 1e9)),
            "level": record.levelname.lower(),
            "message": record.getMessage()[:_LONGEST],
        }
        if record.exc_info:
            shape["traceback"] = self.formatException(record.exc_info)
        return _ENCODE(shape).decode()


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1e9, UTC).isoformat(timespec="milliseconds")


def _write(fd: int, data: bytes) -> int:
    """How many lines were lost: a log whose disk is full, or that nobody reads any more, must disturb nobody."""
    try:
        while data:
            data = data[os.write(fd, data) :]
    except OSError:
        return data.count(b"\n")
    return 0
