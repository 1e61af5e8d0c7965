"""Processes that spend, killed at random and started again; what the three books say when all is quiet."""

import asyncio
import signal
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Protocol

from msgspec import Struct

from proxy.money.books import Name
from proxy.money.ledger import Denied, Granted, Hold, Ledger, LedgerUnavailable
from tests.doubles.ledgers import hold, void
from tests.money.forks import end, fork
from tests.money.judge import Books, Verdict, judge, limits, passed
from tests.money.spender import Opener, Spender, alerts, scopes, truths

SPENDERS = 2
PATIENCE = 5.0
"""Seconds within which nothing may be held any more, and what fits must be admitted."""


class Report(Struct):
    """What was done, and what was wrong; `quiet` and `open` are the seconds until nothing was held, and until what fits
    was admitted; `seen` how often the counters were read meanwhile."""

    reserved: int
    dispatched: int
    kills: int
    faults: int
    seen: int
    quiet: float
    open: float
    seconds: float
    verdict: Verdict


class Store(Protocol):
    """A kind of ledger with all that it needs; lives in the driver."""

    def opener(self) -> Opener:
        """How a child reaches it."""
        ...

    def victim(self, random: Random) -> bool:
        """Now and then hurt the store itself; whether it was a kill."""
        ...

    def heal(self) -> int:
        """Leave it alone from here on; how often it was hurt otherwise."""
        ...

    def counters(self) -> dict[Name, tuple[int, int]]:
        """Spent and held of every counter as they are now; empty when nobody can tell."""
        ...

    async def books(self, ledger: Ledger) -> Books:
        """Both books, all of them."""
        ...


class Chaos:
    """One run over one store."""

    def __init__(self, store: Store, folder: Path, random: Random) -> None:
        self._store, self._folder, self._random = store, folder, random
        self._lives: dict[str, int] = {}
        self._born = 0
        self._seen: list[dict[Name, tuple[int, int]]] = []

    def run(self, kills: int) -> Report:
        """Kill so often, every 50 to 500 ms; then leave all alone, and look."""
        began = time.monotonic()
        for _ in range(SPENDERS):
            self._spawn()
        for _ in range(kills):
            time.sleep(self._random.uniform(0.05, 0.5))
            self._seen.append(self._store.counters())
            if not self._store.victim(self._random):
                end(self._lives.pop(self._random.choice(list(self._lives))), signal.SIGKILL)
                self._spawn()
        faults = self._store.heal()
        self._all_at_work()
        first, *others = self._lives.values()
        codes = [end(pid, signal.SIGTERM) for pid in others]
        assert codes == [0] * len(others), codes
        end(first, signal.SIGKILL)
        quiet, opened, verdict = asyncio.run(self._look())
        told = truths(self._folder)
        over = tuple(said for seen in self._seen for said in passed(seen, limits(told)))
        twice = alerts(self._folder)
        double = tuple(sorted({f"told twice: {line}" for line in twice if twice.count(line) > 1}))
        verdict += Verdict(over=over, double=double)
        dispatched = sum(truth.cost is not None for truth in told.values())
        seconds = time.monotonic() - began
        return Report(len(told), dispatched, kills, faults, len(self._seen), quiet, opened, seconds, verdict)

    def _all_at_work(self) -> None:
        """Wait until the last lives have reserved something, and a second more."""
        files = [self._folder / f"told-{life}" for life in self._lives]
        until = time.monotonic() + 4 * PATIENCE
        while not all(file.exists() and file.stat().st_size for file in files) and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(1)

    def _spawn(self) -> None:
        self._born += 1
        life, seed = f"w{self._born}", self._random.randrange(2**32)

        def work() -> None:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            asyncio.run(Spender(life, self._folder, Random(seed)).live(self._store.opener()))

        self._lives[life] = fork(work)

    async def _look(self) -> tuple[float, float, Verdict]:
        """Seconds until all is quiet and until what fits exactly is admitted, and what the books say then."""
        began = time.monotonic()
        ledger = await self._store.opener()(lambda notice: None)
        told = truths(self._folder)
        while True:
            verdict = judge(await self._store.books(ledger), told)
            quiet = time.monotonic() - began
            if verdict == Verdict() or quiet > PATIENCE * 2:
                break
            await asyncio.sleep(0.05)
        if quiet > PATIENCE and verdict == Verdict():
            verdict = Verdict(held=(f"quiet only after {quiet:.1f} s",))
        began = time.monotonic()
        verdict += await self._fitting(ledger)
        opened = time.monotonic() - began
        await ledger.aclose()
        return quiet, opened, verdict

    async def _fitting(self, ledger: Ledger) -> Verdict:
        """No phantom refusals: in every window that was used, all that is left may be held."""
        told = truths(self._folder)
        counters = (await self._store.books(ledger)).counters
        phantom = []
        for number, (team, window) in enumerate(sorted({(truth.team, truth.window) for truth in told.values()})[-6:]):
            asked = scopes(team, window)
            room = min(scope.limit - counters.get((scope.rule, window), (0, 0))[0] for scope in asked)
            stop = asked[1].stop_at or 0
            if room <= 0 or counters.get((asked[1].rule, window), (0, 0))[0] >= stop:
                continue
            answer = await _patiently(ledger, hold(f"fits-{number}", room, *asked))
            if not isinstance(answer, Granted):
                phantom.append(f"refused though it fits: {answer}")
            await ledger.settle(void(f"fits-{number}"))
        return Verdict(held=tuple(phantom))


async def _patiently(ledger: Ledger, asked: Hold) -> Granted | Denied:
    """Its answer; a store may be away for a moment, but no longer than that."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(LedgerUnavailable):
                return await ledger.reserve(asked)
            await asyncio.sleep(0.05)
