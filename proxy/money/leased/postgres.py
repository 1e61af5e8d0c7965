"""The book of record on Postgres. One statement a step, so that each is atomic without a conversation."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from typing import Any

import asyncpg
from msgspec import json

from proxy.money.books import Name
from proxy.money.leased.book import Amended, BookLost, Claim, Epoch
from proxy.money.leased.lender import Opening, Share
from proxy.money.leased.rows import LOST, Row
from proxy.money.ledger import Ending, State
from proxy.money.schema import LedgerRefused
from routing.budget import Scope

VERSION = 1
TIMEOUT = 5.0
LATEST = 5_000
"""Rows whose attempts are recognised by a worker that starts."""
_LOCK = 0x48504E59
_LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)  # TimeoutError is an OSError

_COLUMNS = """id text, k integer, at bigint, ended bigint, state text, key text, asked text, model text, provider text,
    sent text, answered text, amount bigint, cost bigint, overrun bigint, baseline bigint, input bigint, output bigint,
    cached bigint, reasoning bigint, usage_source text, outcome text, price_version text, scopes jsonb"""
_WRITE = f"""), reclaimed AS (
    UPDATE rows SET state = 'settled', cost = 0, baseline = 0, outcome = 'reclaimed'
    WHERE owner = (SELECT owner FROM batch) AND state = 'expired' AND starts_with(id, '{LOST}')
        AND id NOT IN (SELECT r.id FROM jsonb_to_recordset($3::jsonb) AS r(id text)) RETURNING amount, scopes
), restored AS (
    UPDATE shares SET spent = spent - r.amount FROM (
        SELECT s->>'rule' AS rule, (s->>'window')::bigint AS "window", sum(amount)::bigint AS amount
        FROM reclaimed, jsonb_array_elements(scopes) AS s GROUP BY 1, 2) AS r
    WHERE owner = $1 AND shares.rule = r.rule AND shares."window" = r."window" AND (r.rule, r."window") NOT IN
        (SELECT c.rule, c."window" FROM jsonb_to_recordset($4::jsonb) AS c(rule text, "window" bigint))
), written AS (
    INSERT INTO rows SELECT r.*, batch.owner FROM jsonb_to_recordset($3::jsonb) AS r({_COLUMNS}), batch
    ON CONFLICT (id, k) DO UPDATE SET state = excluded.state, ended = excluded.ended, amount = excluded.amount,
        cost = excluded.cost, baseline = excluded.baseline, outcome = excluded.outcome
        WHERE starts_with(rows.id, '{LOST}')
), shared AS (
    INSERT INTO shares (rule, "window", owner, spent, level)
    SELECT c.rule, c."window", batch.owner, c.spent, c.level
    FROM jsonb_to_recordset($4::jsonb) AS c(rule text, "window" bigint, spent bigint, level bigint), batch
    ON CONFLICT (rule, "window", owner) DO UPDATE SET spent = excluded.spent, level = excluded.level
)"""
_SHIP = f"""WITH batch AS (
    UPDATE owners SET batch = $2, heard = now(), closed = $5 WHERE owner = $1 AND batch < $2 RETURNING owner
{_WRITE} SELECT coalesce((SELECT $2 FROM batch), (SELECT batch FROM owners WHERE owner = $1), 0)"""
_POST = f"""WITH batch AS (
    UPDATE owners SET closed = true
    WHERE owner = $1 AND NOT closed AND heard < now() - $2 * interval '1 second' RETURNING owner
{_WRITE} SELECT count(*) FROM batch"""
_AMEND = """UPDATE rows SET state = $13, ended = $3, cost = least($4, amount), overrun = greatest(0, $4 - amount),
    input = $5, output = $6, cached = $7, reasoning = $8, usage_source = $9, answered = $10, outcome = $11,
    baseline = $12 WHERE id = $1 AND k = $2"""
_CORRECT = """INSERT INTO shares (rule, "window", owner, spent, version) VALUES ($1, $2, '', $3, 1)
    ON CONFLICT (rule, "window", owner) DO UPDATE SET spent = shares.spent + $3, version = shares.version + 1
    RETURNING spent, version"""
_REGISTER = """WITH counted AS (
    UPDATE owners SET epoch = $2, heard = now(), closed = false WHERE owner = $1 AND batch = $4 RETURNING owner
), zeroed AS (
    UPDATE shares SET level = 0 WHERE owner = (SELECT owner FROM counted) AND (rule, "window") NOT IN
        (SELECT c.rule, c."window" FROM jsonb_to_recordset($3::jsonb) AS c(rule text, "window" bigint))
), claimed AS (
    INSERT INTO shares (rule, "window", owner, spent, level) SELECT c.rule, c."window", counted.owner, c.spent, c.level
    FROM jsonb_to_recordset($3::jsonb) AS c(rule text, "window" bigint, spent bigint, level bigint), counted
    ON CONFLICT (rule, "window", owner) DO UPDATE SET level = excluded.level
) SELECT count(*) FROM counted"""
_MARKS = """SELECT coalesce(max(mark) FILTER (WHERE kind = 'stop'), 0) AS stopped,
    coalesce(max(mark) FILTER (WHERE kind = 'alert'), 0) AS alerted FROM marks WHERE rule = $1 AND "window" = $2"""

_scopes = json.Decoder(tuple[Scope, ...])


async def connect(url: str) -> "PostgresBook":
    """Open the book, making its tables when there are none. Raises LedgerRefused."""
    try:
        pool = await asyncpg.create_pool(
            url, min_size=0, max_size=4, timeout=TIMEOUT, command_timeout=TIMEOUT,
            server_settings={"application_name": "halfpenny", "synchronous_commit": "on"},
        )  # fmt: skip
        async with pool.acquire() as db, db.transaction():
            await db.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            version = await _version(db)
            if not version:
                await db.execute(files(__package__).joinpath("schema.sql").read_text())
                await db.execute(f"INSERT INTO halfpenny VALUES ({VERSION})")
    except _LOST as error:
        why = f"Postgres cannot be asked ({type(error).__name__})"
        raise LedgerRefused(f"{why}. Start it, or correct `store.postgres`.") from None
    if version > VERSION:
        await pool.close()
        raise LedgerRefused(
            f"The Postgres ledger was written by a newer Halfpenny (version {version}; this one knows {VERSION})."
            " Update Halfpenny, or use another database."
        )
    return PostgresBook(pool)


async def _version(db: Any) -> int:
    there = await db.fetchval("SELECT to_regclass('halfpenny') IS NOT NULL")
    return int(await db.fetchval("SELECT version FROM halfpenny")) if there else 0


class PostgresBook:
    """`proxy.money.leased.book.Book` in a Postgres database."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def join(self, owner: str, rules: str) -> None:
        """See `Book.join`."""
        newest = "(SELECT coalesce(max(number), 0) FROM epochs)"
        say = f"INSERT INTO owners (owner, epoch, rules) VALUES ($1, {newest}, $2) ON CONFLICT DO NOTHING"
        await self._ask(lambda db: db.execute(say, owner, rules))

    async def others(self, rules: str) -> bool:
        """See `Book.others`."""
        say = """SELECT count(*) FROM owners
            WHERE NOT closed AND rules <> $1 AND heard > now() - interval '10 seconds'"""
        return bool(await self._ask(lambda db: db.fetchval(say, rules)))

    async def beat(self, owner: str) -> Epoch | None:
        """See `Book.beat`."""
        say = """WITH heard AS (UPDATE owners SET heard = now() WHERE owner = $1)
            SELECT number, server, open FROM epochs ORDER BY number DESC LIMIT 1"""
        found = await self._ask(lambda db: db.fetchrow(say, owner))
        return None if found is None else Epoch(*found)

    async def ship(self, owner: str, batch: int, rows: Sequence[Row], claims: Sequence[Claim], final: bool) -> int:
        """See `Book.ship`."""
        arguments = (owner, batch, _text(rows), _text(claims), final)
        return int(await self._ask(lambda db: db.fetchval(_SHIP, *arguments)))

    async def post(self, owner: str, rows: Sequence[Row], claims: Sequence[Claim], grace: float) -> bool:
        """See `Book.post`."""
        arguments = (owner, grace, _text(rows), _text(claims))
        return bool(await self._ask(lambda db: db.fetchval(_POST, *arguments)))

    async def silent(self, grace: float) -> list[str]:
        """See `Book.silent`."""
        say = "SELECT owner FROM owners WHERE NOT closed AND heard < now() - $1 * interval '1 second'"
        return [found["owner"] for found in await self._ask(lambda db: db.fetch(say, grace))]

    async def most(self, owner: str) -> dict[Name, tuple[int, int]]:
        """See `Book.most`."""
        say = 'SELECT rule, "window", spent, spent + level AS most FROM shares WHERE owner = $1'
        found = await self._ask(lambda db: db.fetch(say, owner))
        return {(row["rule"], row["window"]): (row["spent"], row["most"]) for row in found}

    async def latest(self) -> list[tuple[str, int, State]]:
        """See `Book.latest`."""
        say = f"SELECT id, k, state FROM rows ORDER BY id DESC, k DESC LIMIT {LATEST}"  # ids are ordered by time
        return [tuple(row) for row in reversed(await self._ask(lambda db: db.fetch(say)))]

    async def amend(self, ending: Ending) -> Amended:
        """See `Book.amend`."""
        amended: Amended = await self._ask(lambda db: _amend(db, ending))
        return amended

    async def corrections(self, epoch: int) -> list[tuple[Name, int, int]]:
        """See `Book.corrections`."""
        say = """SELECT rule, "window", spent, version FROM shares JOIN counters USING (rule, "window")
            WHERE owner = '' AND counters.epoch = $1"""
        found = await self._ask(lambda db: db.fetch(say, epoch))
        return [((row["rule"], row["window"]), row["spent"], row["version"]) for row in found]

    async def passed(self, name: Name, kind: str, mark: int) -> bool:
        """See `Book.passed`."""
        say = "INSERT INTO marks VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING 1"
        return await self._ask(lambda db: db.fetchval(say, *name, kind, mark)) is not None

    async def propose(self, after: int, server: str) -> None:
        """See `Book.propose`."""
        say = "INSERT INTO epochs (number, server) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        await self._ask(lambda db: db.execute(say, after + 1, server))

    async def register(self, owner: str, epoch: int, claims: Sequence[Claim], batch: int) -> bool:
        """See `Book.register`."""
        return bool(await self._ask(lambda db: db.fetchval(_REGISTER, owner, epoch, _text(claims), batch)))

    async def missing(self, epoch: int, grace: float) -> list[str]:
        """See `Book.missing`."""
        say = "SELECT owner FROM owners WHERE NOT closed AND epoch < $1 AND heard > now() - $2 * interval '1 second'"
        return [found["owner"] for found in await self._ask(lambda db: db.fetch(say, epoch, grace))]

    async def begin(self, epoch: int) -> None:
        """See `Book.begin`."""
        await self._ask(lambda db: db.execute("UPDATE epochs SET open = true WHERE number = $1", epoch))

    async def opening(self, epoch: int, name: Name) -> Opening:
        """See `Book.opening`."""
        opening: Opening = await self._ask(lambda db: _opening(db, epoch, name))
        return opening

    async def fetch(self, statement: str, *arguments: object) -> list[Any]:
        """Rows of a reading statement."""
        return list(await self._ask(lambda db: db.fetch(statement, *arguments)))

    async def aclose(self) -> None:
        """See `Book.aclose`."""
        try:
            async with asyncio.timeout(1):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    async def _ask(self, call: Callable[[Any], Awaitable[Any]]) -> Any:
        try:
            async with self._pool.acquire(timeout=TIMEOUT) as db:
                return await call(db)
        except _LOST as error:
            raise BookLost(f"{type(error).__name__}: {error}") from error


async def _amend(db: Any, ending: Ending) -> Amended:
    e = ending
    async with db.transaction():
        found = await db.fetchrow(
            "SELECT state, amount, cost, scopes FROM rows WHERE id = $1 AND k = $2 FOR UPDATE", e.id, e.k
        )
        if found is None or found["state"] != "expired":
            return Amended("" if found is None else found["state"], 0 if found is None else found["amount"])
        cost = e.cost if e.state == "settled" else 0
        used = (e.input, e.output, e.cached, e.reasoning, e.usage_source, e.answered, e.outcome, e.baseline, e.state)
        await db.execute(_AMEND, e.id, e.k, e.at, cost, *used)
        change, corrections = min(cost, found["amount"]) - found["cost"], []
        for scope in _scopes.decode(found["scopes"]):
            total = await db.fetchrow(_CORRECT, scope.rule, scope.window, change)
            corrections.append(((scope.rule, scope.window), total["spent"], total["version"]))
        return Amended("expired", found["amount"], tuple(corrections))


async def _opening(db: Any, epoch: int, name: Name) -> Opening:
    # the shares in one statement: what an owner booked and what it may still book belong together
    async with db.transaction():
        say = "INSERT INTO counters VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1"
        fresh = await db.fetchval(say, epoch, *name) is not None
        shares = await db.fetch('SELECT owner, spent, level FROM shares WHERE rule = $1 AND "window" = $2', *name)
        marks = await db.fetchrow(_MARKS, *name)
    return Opening(fresh, tuple(Share(*share) for share in shares), marks["stopped"], marks["alerted"])


def _text(values: object) -> str:
    # Postgres' text holds no NUL
    return json.encode(values).replace(b"\\u0000", b"\\ufffd").decode()
