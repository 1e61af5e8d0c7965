"""A worker that spends at random in a process of its own, and the provider's own book of it: the truth.

A line of truth is one write(2) to a file of this life alone: `r` before a reserve, `t` what an attempt truly cost,
after it was dispatched and before it is settled, `a` once the ledger has acknowledged the end, `n` an alert.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

from msgspec import Struct

from proxy.money.ledger import Alert, Denied, Ledger, LedgerUnavailable, Notice, UnknownHold
from routing.budget import Scope
from tests.doubles.ledgers import hold, settled, void

LANES = 16
LIMIT = 40_000_000
MOST = 20_000
SECONDS = 4
"""Windows are so long, that many of them begin and end while workers die."""
Opener = Callable[[Callable[[Notice], None]], Awaitable[Ledger]]


class Truth(Struct, frozen=True):
    """What a provider's book says of an attempt; `cost` None: it never heard of it."""

    amount: int
    team: str
    window: int
    cost: int | None = None
    acked: bool = False


def scopes(team: str, window: int) -> tuple[Scope, ...]:
    """A team's budget inside everybody's. Two teams want more than all may have."""
    ends, marks = window + SECONDS, (LIMIT // 2, LIMIT * 7 // 10)
    every = Scope("all", window, ends, LIMIT, stop_at=LIMIT * 19 // 20, alerts=marks)
    return (Scope(f"team/{team}", window, ends, LIMIT * 6 // 10), every)


class Spender:
    """One life. `told` is its own file."""

    def __init__(self, life: str, folder: Path, random: Random) -> None:
        self._life, self._folder, self._random = life, folder, random
        self._fd = os.open(folder / f"told-{life}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._over = asyncio.Event()
        self._made = 0

    def tell(self, *words: object) -> None:
        """A line, which outlives a `kill -9`."""
        os.write(self._fd, (" ".join(map(str, words)) + "\n").encode())

    def heed(self, notice: Notice) -> None:
        """Alerts are told to people."""
        if isinstance(notice, Alert):
            self.tell("n", notice.rule, notice.window, notice.mark)

    async def live(self, opener: Opener) -> None:
        """Spend until SIGTERM."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._over.set)
        ledger = await opener(self.heed)
        await self._late(ledger)
        await asyncio.gather(*(self._lane(ledger) for _ in range(LANES)))
        await ledger.aclose()

    async def _late(self, ledger: Ledger) -> None:
        """Some providers tell what the attempts of dead workers cost."""
        lost = [(id, truth) for id, truth in truths(self._folder, newest=2).items() if truth.cost and not truth.acked]
        for id, truth in lost:
            if self._random.random() < 0.3 and not id.startswith(f"{self._life}-"):
                try:
                    await ledger.settle(settled(id, truth.cost or 0))
                except (LedgerUnavailable, UnknownHold):
                    continue

    async def _lane(self, ledger: Ledger) -> None:
        while not self._over.is_set():
            self._made += 1
            try:
                await self._attempt(ledger, f"{self._life}-{self._made}")
            except LedgerUnavailable:
                await asyncio.sleep(0.02)

    async def _attempt(self, ledger: Ledger, id: str) -> None:
        random = self._random
        amount, team, at = random.randint(1, MOST), random.choice("ab"), ledger.now()
        window = at // 10**9 // SECONDS * SECONDS
        self.tell("r", id, amount, team, window)
        answer = await ledger.reserve(hold(id, amount, *scopes(team, window), at=at))
        if isinstance(answer, Denied):
            await asyncio.sleep(0.01)
            return
        chance = random.random()
        if chance < 0.05:
            await self._end(ledger, id, None)
            return
        try:
            ledger.dispatched(id, 0)
        except LedgerUnavailable:
            await self._end(ledger, id, None)
            raise
        cost = random.randint(0, amount) + (MOST // 10 if chance < 0.1 else 0)
        self.tell("t", id, cost)
        await asyncio.sleep(random.random() * 0.004)
        await self._end(ledger, id, cost)

    async def _end(self, ledger: Ledger, id: str, cost: int | None) -> None:
        try:
            await ledger.settle(void(id) if cost is None else settled(id, cost))
            if cost is not None and self._random.random() < 0.05:
                await ledger.settle(settled(id, cost))
        except LedgerUnavailable:
            return  # kept, and written with what succeeds next; if we die before, it is estimated
        if cost is not None:
            self.tell("a", id)


def truths(folder: Path, newest: int | None = None) -> dict[str, Truth]:
    """All that was told, by attempt; of the `newest` lives alone, if said."""
    files = sorted(folder.glob("told-*"), key=lambda path: path.stat().st_mtime_ns)
    found: dict[str, Truth] = {}
    for file in files[-newest:] if newest else files:
        for line in file.read_text().splitlines():
            what, id, *rest = line.split()
            if what == "r":
                found[id] = Truth(int(rest[0]), rest[1], int(rest[2]))
            elif what in "ta":
                was = found[id]
                cost = int(rest[0]) if what == "t" else was.cost
                found[id] = Truth(was.amount, was.team, was.window, cost, was.acked or what == "a")
    return found


def alerts(folder: Path) -> list[str]:
    """All alerts that were told."""
    lines = (line for file in folder.glob("told-*") for line in file.read_text().splitlines())
    return [line for line in lines if line.startswith("n ")]
