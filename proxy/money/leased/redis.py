"""The lender on Redis: a hash a counter, one Lua script a step, pipelined; the connection says which server it reaches.

Each script decides about one counter; the keys lie on one server, not in a cluster. A command that is not answered
in time is unknown, never repeated by the client library: repeating is the caller's, with the same sequence number.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError

from proxy.money.books import Name
from proxy.money.leased.deadline import deadline
from proxy.money.leased.lender import Ask, Fence, LenderLost, Loan, Opening
from proxy.money.schema import LedgerRefused

PREFIX = "halfpenny:"
EPOCH = PREFIX + "epoch"
LOST = PREFIX + "lost"
RECALL = PREFIX + "recall"
SCRIPTS = ("exchange.lua", "open.lua", "seize.lua")
TIMEOUT = 0.05
"""Seconds until a command counts as unanswered."""
LISTENING = 30.0
"""Seconds of silence after which recalls are listened for anew: nobody may have told that the connection is dead."""
CONNECTING = 1.0
"""Seconds at most that a connection may take which nobody waits for."""


Call = tuple[tuple[str, ...], tuple[Any, ...]]
"""A script's keys and arguments."""
_REFUSED = MappingProxyType({"absent": Loan("absent"), "stale": Loan("stale"), "lost": Loan("lost")})


def connect(url: str, timeout: float = TIMEOUT, **more: Any) -> "Redis":
    """A client without retries of its own, whose caller limits the time of an answer. `timeout` in seconds."""
    connecting = max(timeout, CONNECTING)
    pool = ConnectionPool.from_url(
        url, socket_connect_timeout=connecting, retry=Retry(NoBackoff(), 0), decode_responses=True, **more
    )
    return Redis(connection_pool=pool)


def key(name: Name) -> str:
    """The Redis key of a counter."""
    return f"{PREFIX}{{{name[0]}}}:{name[1]}"


def name_of(key: str) -> Name:
    """The counter of a Redis key."""
    rule, _, window = key.removeprefix(PREFIX).rpartition(":")
    return rule[1:-1], int(window)


async def check(client: "Redis") -> None:
    """Refuse settings under which money could be forgotten. Raises LedgerRefused with what to do."""
    try:
        memory = await client.info("memory")
    except (RedisError, OSError) as error:
        raise LedgerRefused(f"Redis cannot be asked ({error}). Start it, or correct `store.redis`.") from None
    policy = memory.get("maxmemory_policy", "noeviction")
    if memory.get("maxmemory") and policy != "noeviction":
        raise LedgerRefused(
            f"Redis may throw counters away (maxmemory-policy {policy})."
            " Set `maxmemory-policy noeviction`, in redis.conf or with CONFIG SET, and start again."
        )


class RedisLender:
    """`proxy.money.leased.lender.Lender` on one Redis server (or whichever its address leads to)."""

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self.client = connect(url, timeout)
        self._scripted = connect(url, timeout, redis_connect_func=self._greet)
        self._timeout = timeout
        self._accepted = ""
        self._scripts = {name: files(__package__).joinpath(name).read_text() for name in SCRIPTS}
        self._digests: dict[str, str] = {}

    async def fence(self) -> Fence:
        """See `Lender.fence`."""
        server, replication, epoch, (seconds, micros) = await self._answer(self._fence)
        return Fence(_server(server, replication), epoch, seconds * 10**9 + micros * 1000)

    async def _fence(self) -> Any:
        async with self.client.pipeline(transaction=False) as pipe:
            pipe.info("server")
            pipe.info("replication")
            pipe.get(EPOCH)
            pipe.time()
            return await pipe.execute()

    async def _greet(self, connection: Any) -> None:
        # A failover is a new connection: no script runs on a server whose counters were not agreed on.
        await connection.on_connect()
        told = []
        for section in ("server", "replication"):
            await connection.send_command("INFO", section)
            told.append(_info(await connection.read_response()))
        if _server(*told) != self._accepted:
            raise RedisConnectionError("another server")

    def accept(self, server: str) -> None:
        """See `Lender.accept`."""
        self._accepted = server

    async def mark(self, epoch: str) -> None:
        """See `Lender.mark`."""
        await self._answer(lambda: self.client.set(EPOCH, epoch))

    async def exchange(self, epoch: int, asks: Sequence[Ask]) -> list[Loan]:
        """See `Lender.exchange`."""
        return [_loan(answer) for answer in await self._run("exchange.lua", [_arguments(epoch, ask) for ask in asks])]

    async def most(self, owner: str, names: Sequence[Name]) -> list[int]:
        """See `Lender.most`."""

        async def ask() -> list[Any]:
            async with self.client.pipeline(transaction=False) as pipe:
                for name in names:
                    pipe.hmget(key(name), f"s:{owner}", f"l:{owner}")
                return list(await pipe.execute())

        return [int(spent or 0) + int(level or 0) for spent, level in await self._answer(ask)] if names else []

    async def expel(self, owner: str) -> None:
        """See `Lender.expel`."""
        await self._answer(lambda: self._scripted.sadd(LOST, owner))

    async def admit(self, owner: str) -> None:
        """See `Lender.admit`."""
        await self._answer(lambda: self.client.srem(LOST, owner))

    async def seize(self, epoch: int, owner: str, names: Sequence[Name]) -> list[int | None]:
        """See `Lender.seize`."""
        calls: list[Call] = [((key(name),), (epoch, owner)) for name in names]
        return [None if told is None else int(told) for told in await self._run("seize.lua", calls)]

    async def open(self, epoch: int, name: Name, opening: Opening) -> None:
        """See `Lender.open`."""
        shares = [part for share in opening.shares for part in (share.owner, share.spent, share.level)]
        await self._run("open.lua", [((key(name),), (epoch, opening.stopped, opening.alerted, *shares))])

    async def listen(self, recalled: Callable[[Name], Awaitable[None] | None]) -> None:
        """See `Lender.listen`."""
        try:
            async with self.client.pubsub(ignore_subscribe_messages=True) as channel:
                await channel.subscribe(RECALL)
                silences = 0
                while silences < 2:  # the first one is the answer to the subscription
                    message = await channel.get_message(timeout=LISTENING)
                    silences = 0 if message else silences + 1
                    told = recalled(name_of(message["data"])) if message else None
                    if told is not None:
                        await told
        except (RedisError, OSError) as error:
            raise LenderLost(type(error).__name__) from error

    async def counters(self) -> AsyncIterator[tuple[Name, dict[str, str]]]:
        """See `Lender.counters`."""
        client: Any = self.client
        try:
            epoch = str(await client.get(EPOCH)).split(":")[0]
            async for found in client.scan_iter(f"{PREFIX}{{*"):
                fields = await client.hgetall(found)
                if fields.get("epoch") == epoch:
                    yield name_of(found), fields
        except (RedisError, OSError) as error:
            raise LenderLost(type(error).__name__) from error

    async def aclose(self) -> None:
        """See `Lender.aclose`."""
        for client in (self.client, self._scripted):
            await client.aclose()
            await client.connection_pool.disconnect()

    async def _run(self, script: str, calls: Sequence[Call]) -> list[Any]:
        if not calls:
            return []
        try:
            return list(await self._answer(partial(self._pipelined, script, calls)))
        except NoScriptError:  # a server that started anew has forgotten them
            self._digests.clear()
            return list(await self._answer(partial(self._pipelined, script, calls)))

    async def _pipelined(self, script: str, calls: Sequence[Call]) -> list[Any]:
        if script not in self._digests:
            self._digests[script] = await self._scripted.script_load(self._scripts[script])
        async with self._scripted.pipeline(transaction=False) as pipe:
            for keys, arguments in calls:
                pipe.evalsha(self._digests[script], len(keys), *keys, *arguments)
            return list(await pipe.execute())

    async def _answer(self, call: Callable[[], Awaitable[Any]]) -> Any:
        try:
            async with deadline(self._timeout):
                return await call()
        except NoScriptError:
            raise
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            raise LenderLost(type(error).__name__) from error


def _info(text: str) -> dict[str, str]:
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def _server(server: Mapping[str, Any], replication: Mapping[str, Any]) -> str:
    # the process, and the history of its data: either one changes when writes may have been lost
    return f"{server['run_id'][:16]}-{replication['master_replid'][:16]}"


def _arguments(epoch: int, ask: Ask) -> Call:
    numbers = (ask.cum, ask.owed, ask.need, ask.want, ask.limit, ask.stop_at or 0, ask.least)
    return (key(ask.name), LOST), (epoch, ask.owner, ask.seq, *numbers, *ask.alerts)


def _loan(answer: list[str]) -> Loan:
    if answer[0] != "ok":
        return _REFUSED[answer[0]]
    return Loan("ok", *map(int, answer[1:]))
