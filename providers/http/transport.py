"""A dialect over sockets: the Provider for every HTTP upstream."""

from collections.abc import AsyncIterator, Callable

from providers import foreign
from providers.base import Dialect, Reader, unnoticed
from providers.dialects.parameters import unsupported
from providers.errors import Broken, ProviderError
from providers.http.connection import Connection, Stale
from providers.http.pool import Pool
from providers.http.response import Head
from providers.words import Call, Event, Sent

AFTER_THE_END = 1.0
"""Seconds that a finished answer's body may take to end, so that its connection can be kept."""
LARGEST_FAILURE = 64 << 10
"""Bytes of a refusal that are read; its words stand at its beginning."""


class Transport:
    """Sends calls in `dialect` over `pool`."""

    def __init__(self, dialect: Dialect, pool: Pool) -> None:
        self._dialect = dialect
        self._pool = pool

    async def open(self, call: Call, sent: Sent, begun: Callable[[], None] = unnoticed) -> "HttpAnswer":
        """Send the call and wait for the answer's head. Raises ProviderError, or CallerError from the dialect."""
        surface = self._dialect.surface(call)
        if call.task == "count" and call.surface != surface:
            raise unsupported("model", "it counts no tokens")
        dropped = foreign.dropped(call, surface, self._dialect.drop)
        outgoing = self._dialect.request(call, sent)
        request = self._pool.encode(outgoing)
        try:
            connection, head = await self._exchange(request, begun, fresh=False)
        except Stale:
            connection, head = await self._exchange(request, begun, fresh=True)
        try:
            if head.status != 200:
                raise self._dialect.failure(head.status, head.headers, await _failure_body(connection))
            _check(head)
        except BaseException:
            self._pool.give_back(connection)
            raise
        told = tuple(name for name in dropped if name not in outgoing.kept)
        return HttpAnswer(surface, self._dialect.reader(call), connection, self._pool, told)

    async def aclose(self) -> None:
        """Close every connection; no call may follow."""
        await self._pool.aclose()

    async def _exchange(self, request: bytes, begun: Callable[[], None], *, fresh: bool) -> tuple[Connection, Head]:
        connection = await self._pool.lend(fresh=fresh)
        try:
            begun()
            connection.send(request, self._pool.timeouts)
            return connection, await connection.head()
        except BaseException:  # cancelled as well: an unfinished exchange closes its connection
            self._pool.give_back(connection)
            raise


class HttpAnswer:
    """An opened answer. The connection goes back as soon as the body has been read to its end."""

    __slots__ = ("_connection", "_over", "_pool", "_reader", "dropped", "surface")

    def __init__(
        self, surface: str | None, reader: Reader, connection: Connection, pool: Pool, dropped: tuple[str, ...] = ()
    ) -> None:
        self.surface = surface
        self.dropped = dropped
        self._reader = reader
        self._connection = connection
        self._pool = pool
        self._over = False

    def __aiter__(self) -> AsyncIterator[list[Event]]:
        return self

    async def __anext__(self) -> list[Event]:
        """The events of one read. Raises ProviderError."""
        try:
            while not self._over:
                events = await self._next()
                if events:
                    return events
        except BaseException:
            self._free()
            raise
        raise StopAsyncIteration

    async def close(self) -> None:
        """Stop the work upstream, if it still runs, by closing the connection. Idempotent."""
        self._free()

    async def _next(self) -> list[Event]:
        reader = self._reader
        reader.feed(b"")  # raises a failure that came in one read with good events
        if reader.done:
            self._connection.hurry(AFTER_THE_END)
        try:
            data = await self._connection.read()
        except ProviderError as failure:
            return self._last(failure)
        if data:
            return reader.feed(data)
        self._free()
        return reader.end()

    def _last(self, failure: ProviderError) -> list[Event]:
        """The connection failed: no harm if the answer was finished before."""
        self._free()
        try:
            return self._reader.end()
        except ProviderError:
            raise failure from None

    def _free(self) -> None:
        self._over = True
        self._pool.give_back(self._connection)


async def _failure_body(connection: Connection) -> bytes:
    """The beginning of a refusal's body; what came of one that is cut."""
    body = bytearray()
    try:
        while len(body) < LARGEST_FAILURE and (data := await connection.read()):
            body += data
    except ProviderError:
        pass
    return bytes(body[:LARGEST_FAILURE])


def _check(head: Head) -> None:
    """Refuse a 200 that is no answer: a page for people, or bytes in a coding that we did not ask for."""
    coding = head.headers.get("content-encoding", "identity").strip().lower()
    transfer = head.headers.get("transfer-encoding", "chunked").strip().lower()
    if coding not in ("", "identity") or transfer not in ("chunked", "identity"):
        raise Broken("The upstream sent a compressed answer, which was not asked for.")
    if "html" in head.headers.get("content-type", "").lower():
        raise Broken("The upstream sent a web page instead of an answer.")
