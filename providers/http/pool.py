"""The connections to one endpoint: kept open between exchanges, the last used taken first, never more than allowed."""

import asyncio
import ssl
import time
from collections.abc import Callable

from providers.base import Outgoing
from providers.endpoint import Endpoint
from providers.errors import TimedOut, Unreachable
from providers.http import address
from providers.http.connection import Connection

KEEP = 30.0
"""Seconds that an idle connection is kept: below what servers and load balancers usually grant (60)."""


class Pool:
    """Lends connections to `endpoint`, each for one exchange. Raises ValueError for a base URL that is none.

    `tls` replaces the system's trust; `keep` and `clock` are in seconds. Belongs to the event loop that first uses it.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        tls: ssl.SSLContext | None = None,
        keep: float = KEEP,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address.parse(endpoint.base_url)
        self.timeouts = endpoint.timeouts
        self._tls = (tls or _system_trust()) if self._address.tls else None
        self._keep = keep
        self._clock = clock
        self._lendable = asyncio.Semaphore(endpoint.connections)
        self._idle: dict[Connection, float] = {}
        """Idle connections and when their time is up, oldest first."""
        self._lent: set[Connection] = set()
        self._sweep: asyncio.TimerHandle | None = None

    def encode(self, request: Outgoing) -> bytes:
        """The request's bytes for this endpoint. Raises Unreachable for headers that cannot be sent."""
        return address.encode(self._address, request)

    async def lend(self, *, fresh: bool = False) -> Connection:
        """A connection, kept or new; `fresh`: new. Waits for a free one as long as to connect.

        Raises Unreachable or TimedOut, neither of them dispatched.
        """
        if not fresh and not self._lendable.locked():
            await self._lendable.acquire()
            kept = self._take()
            if kept:
                return kept
            self._lendable.release()
        try:
            async with asyncio.timeout(self.timeouts.connect):
                return await self._wait(fresh)
        except TimeoutError:
            failure = TimedOut("The upstream took too long: waited for a connection.")
            failure.dispatched = False
            raise failure from None

    def give_back(self, connection: Connection) -> None:
        """End a loan: the connection is kept if its exchange was whole, closed otherwise. Idempotent."""
        if connection not in self._lent:
            return
        self._lent.discard(connection)
        self._lendable.release()
        if connection.release():
            self._idle[connection] = self._clock() + self._keep
            self._sweep = self._sweep or asyncio.get_running_loop().call_later(self._keep, self._expire)

    async def aclose(self) -> None:
        """Close every connection. Idempotent."""
        if self._sweep:
            self._sweep.cancel()
            self._sweep = None
        for connection in [*self._idle, *self._lent]:
            connection.abort()
        await asyncio.sleep(0)  # aborted sockets close in the next round of the loop

    async def _wait(self, fresh: bool) -> Connection:
        await self._lendable.acquire()
        try:
            if fresh:
                self._make_room()
                return await self._connect()
            return self._take() or await self._connect()
        except BaseException:
            self._lendable.release()
            raise

    def _make_room(self) -> None:
        """Close the oldest idle connection, so that there are never more than allowed."""
        if self._idle:
            oldest = next(iter(self._idle))
            del self._idle[oldest]
            oldest.abort()

    def _take(self) -> Connection | None:
        """The idle connection that was used last, if its time is not up. The upstream may have closed it: Stale."""
        if not self._idle:
            return None
        connection, expiry = self._idle.popitem()
        if self._clock() >= expiry:  # then every other is older
            connection.abort()
            self._expire()
            return None
        self._lent.add(connection)
        return connection

    async def _connect(self) -> Connection:
        where = self._address
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                Connection,
                where.host,
                where.port,
                ssl=self._tls,
                server_hostname=where.host if self._tls else None,
            )
        except (OSError, UnicodeError) as error:  # refused, no such host, TLS, a name that cannot be one
            raise Unreachable(f"No connection to the upstream: {type(error).__name__}.") from error
        self._lent.add(connection)
        return connection

    def _expire(self) -> None:
        now = self._clock()
        for connection in [idle for idle, expiry in self._idle.items() if now >= expiry]:
            del self._idle[connection]
            connection.abort()
        if self._sweep:
            self._sweep.cancel()
            self._sweep = None
        if self._idle:
            self._sweep = asyncio.get_running_loop().call_later(self._keep, self._expire)


def _system_trust() -> ssl.SSLContext:
    """Certificates and host names are verified against the system's store (or SSL_CERT_FILE)."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
