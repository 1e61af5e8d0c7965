"""Where `chaos` happens: `python -m tests.money.arenas accountant|leased|leased-ill KILLS SEED FOLDER`.

An accountant over SQLite, or leased slices over a real Redis and a real Postgres, which in `leased-ill` forget, die and
come back. Prints a line of JSON, a `chaos.Report`; 1 when anything is wrong.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random

import apsw
from msgspec import json

from proxy import accountant
from proxy.money.books import Name
from proxy.money.leased.ledger import LeasedLedger
from proxy.money.leased.opening import open_leased
from proxy.money.leased.redis import PREFIX, name_of
from proxy.money.leased.verify import complaints
from proxy.money.ledger import Ledger, Notice
from proxy.money.remote.client import RemoteLedger
from proxy.money.remote.marks import worker_name
from proxy.money.schema import FILE
from proxy.places import accountant_path
from tests.doubles.postgres_server import PostgresServer
from tests.doubles.redis_server import RedisServer
from tests.money.chaos import Chaos, Store
from tests.money.forks import end, fork
from tests.money.grown import book
from tests.money.judge import Books, Verdict
from tests.money.spender import Opener
from tests.money.stands import Found, rows, spent

UNHURRIED = 1.0
"""Seconds that Redis may take on a busy machine, where its slowness is not the subject."""
_HELD = """SELECT json_extract(s.value, '$.rule'), json_extract(s.value, '$.window'), sum(amount)
    FROM rows, json_each(scopes) AS s WHERE state = 'held' GROUP BY 1, 2"""


class AccountantStore:
    """One file, its accountant, and workers on the accountant's socket."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / FILE
        (folder / "config.yaml").write_text("server: {workers: 2}\n")
        self._pid = self._start()

    def _start(self) -> int:
        accountant_path(self._folder).unlink(missing_ok=True)
        words = ["--config", str(self._folder / "config.yaml"), "--data", str(self._folder)]

        def keep() -> None:
            log = os.open(self._folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(log, 2)
            os._exit(accountant.main([*words, "--run-folder", str(self._folder)]))

        pid = fork(keep)
        until = time.monotonic() + 10
        while not accountant_path(self._folder).exists() and time.monotonic() < until:
            time.sleep(0.005)
        return pid

    def opener(self) -> Opener:
        """See `Store.opener`."""

        async def opened(_: Callable[[Notice], None]) -> Ledger:
            name = worker_name(os.getpid(), time.time_ns())
            ledger = RemoteLedger(str(accountant_path(self._folder)), self._path, name, time.time_ns)
            await ledger.connected(10)
            return ledger

        return opened

    def victim(self, random: Random) -> bool:
        """See `Store.victim`: one kill of five is the accountant's."""
        if random.random() < 0.8:
            return False
        end(self._pid, signal.SIGKILL)
        self._pid = self._start()
        return True

    def heal(self) -> int:
        """See `Store.heal`."""
        return 0

    def counters(self) -> dict[Name, tuple[int, int]]:
        """See `Store.counters`: one snapshot of the file, beside its writer."""
        with suppress(apsw.Error):
            db = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READONLY)
            try:
                db.execute("BEGIN")
                found = {(r, w): (s, 0) for r, w, s in db.execute("SELECT rule, window, spent FROM counters")}
                for rule, window, held in db.execute(_HELD):
                    found[rule, window] = (found.get((rule, window), (0, 0))[0], held)
                return found
            finally:
                db.close()
        return {}

    async def books(self, _: Ledger) -> Books:
        """See `Store.books`."""
        found = {attempt: row for attempt, row in rows(self._path).items() if not attempt[0].startswith("fits-")}
        return Books(found, {name: (money, 0) for name, money in spent(self._path).items()})

    def close(self) -> None:
        """The end."""
        end(self._pid, signal.SIGTERM)


class LeasedStore:
    """Real servers; `ill`: they forget, die and come back while workers spend."""

    def __init__(self, folder: Path, redis: RedisServer, postgres: PostgresServer, ill: bool) -> None:
        self._folder, self._redis, self._postgres, self._ill = folder, redis, postgres, ill
        self._url = postgres.database()
        self._faults = self._turn = 0

    def opener(self) -> Opener:
        """See `Store.opener`."""

        async def opened(notice: Callable[[Notice], None]) -> Ledger:
            return await open_leased(self._redis.url, self._url, self._folder / "j", notice, timeout=UNHURRIED)

        return opened

    def victim(self, random: Random) -> bool:
        """See `Store.victim`: every twentieth turn a store is hurt, never counted as a kill."""
        self._turn += 1
        if self._ill and self._turn % 20 == 0:
            self._faults += 1
            what = random.randrange(3)
            if what == 0:
                self._redis.say("FLUSHALL")
            elif what == 1:
                self._redis.kill()
                time.sleep(random.random() / 2)
                self._redis.start()
            else:
                self._postgres.stop()
                time.sleep(random.random() / 2)
                self._postgres.start()
            time.sleep(2)
        return False

    def heal(self) -> int:
        """See `Store.heal`."""
        return self._faults

    def counters(self) -> dict[Name, tuple[int, int]]:
        """See `Store.counters`: what is leased is held."""
        keys = [line for line in self._redis.say("KEYS", f"{PREFIX}{{*").decode().split("\r\n") if PREFIX in line]
        found = {}
        for key in keys[-20:]:
            lines = self._redis.say("HMGET", key, "spent", "leased").decode().split("\r\n")
            if len(lines) >= 5:
                found[name_of(key)] = (int(lines[2]), int(lines[4]))
        return found

    async def books(self, ledger: Ledger) -> Books:
        """See `Store.books`. A counter that nobody has asked for since Redis lost it is made anew."""
        assert isinstance(ledger, LeasedLedger)
        found: Found = {}
        for r in await book(ledger).fetch("SELECT id, k, state, amount, cost, overrun FROM rows"):
            if not r["id"].startswith("fits-"):
                found[r["id"], r["k"]] = (r["state"], r["amount"], r["cost"], r["overrun"])
        shares = await book(ledger).fetch('SELECT rule, "window", sum(spent)::bigint AS s FROM shares GROUP BY 1, 2')
        counters = {(r["rule"], r["window"]): (int(r["s"]), 0) for r in shares}
        for complaint in await complaints(ledger):
            counters[complaint, 0] = (0, 1)
        return Books(found, counters)


@contextmanager
def arena(kind: str, folder: Path) -> Iterator[Store]:
    """`accountant`, `leased`, or `leased-ill`."""
    if kind == "accountant":
        store = AccountantStore(folder)
        try:
            yield store
        finally:
            store.close()
        return
    (folder / "j").mkdir()
    with ExitStack() as servers:
        redis, postgres = servers.enter_context(RedisServer()), servers.enter_context(PostgresServer())
        yield LeasedStore(folder, redis, postgres, kind.endswith("ill"))


def main() -> int:
    """See above."""
    kind, kills, seed, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    with arena(kind, folder) as store:
        report = Chaos(store, folder, Random(seed)).run(kills)
    print(json.encode(report).decode())
    return int(report.verdict != Verdict())


if __name__ == "__main__":
    sys.exit(main())
