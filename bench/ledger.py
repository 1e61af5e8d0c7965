"""`python -m bench.ledger`: the CPU that the ledger takes for an attempt, alone and when sixteen share a loop tick.

An attempt is reserve, dispatched and settle against two rules. CPU of the whole process, threads included.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import process_time, time_ns

import uvloop
from msgspec import Struct

from proxy.money.ledger import Denied, Ending, Hold, Ledger
from proxy.money.memory import MemoryLedger
from proxy.money.sqlite import SqliteLedger
from routing.budget import Scope

SCOPES = (Scope("key/tester", 0, 2**40, 2**53), Scope("month", 0, 2**40, 2**53, stop_at=2**52, alerts=(2**51,)))
ROUNDS = 3
ATTEMPTS = 6_000
BARS = {1: 60, 16: 25}
"""µs that an attempt may take in SQLite."""


class Cost(Struct, frozen=True):
    """CPU of an attempt in µs: the best of several rounds."""

    store: str
    together: int
    micros: float


async def one(ledger: Ledger, id: str) -> None:
    """An attempt's life."""
    now = ledger.now()
    hold = Hold(id, 0, now, "key_0123456789", "auto", "openai/gpt-4o", "openai", "gpt-4o", 5_000, SCOPES, "2026-11")
    assert not isinstance(await ledger.reserve(hold), Denied)
    ledger.dispatched(id, 0)
    await ledger.settle(Ending(id, 0, ledger.now(), "settled", 1_234, 100, 50, answered="gpt-4o-2024-08-06"))


async def measure(ledger: Ledger, together: int, attempts: int) -> float:
    """CPU µs of an attempt."""
    best = float("inf")
    for turn in range(ROUNDS):
        ids = [f"0193a1b2-{turn:04x}-7bbb-8{together:03x}-{n:012d}" for n in range(attempts)]
        started = process_time()
        for n in range(0, attempts, together):
            names = ids[n : n + together]
            if together == 1:
                await one(ledger, names[0])
            else:
                await asyncio.gather(*(one(ledger, name) for name in names))
        best = min(best, (process_time() - started) / attempts * 1e6)
    return best


async def costs(folder: Path, attempts: int = ATTEMPTS) -> list[Cost]:
    """All of them: SQLite in both modes of durability (`power` only together, where it shares a sync), and memory."""
    stores: dict[str, tuple[Callable[[], Ledger], tuple[int, ...]]] = {
        "SQLite": (lambda: SqliteLedger(folder / "a.db", time_ns, lambda notice: None), (1, 16)),
        "SQLite, power": (
            lambda: SqliteLedger(folder / "b.db", time_ns, lambda notice: None, durability="power"),
            (16,),
        ),
        "memory": (lambda: MemoryLedger(time_ns, lambda notice: None), (1, 16)),
    }
    found = []
    for name, (opened, sizes) in stores.items():
        ledger = opened()
        found += [Cost(name, together, await measure(ledger, together, attempts)) for together in sizes]
        await ledger.aclose()
    return found


def markdown(found: list[Cost]) -> str:
    """A table, with the bars."""
    lines = ["| ledger | attempts in a tick | CPU µs each (reserve + dispatched + settle) | bar |", "|---|---|---|---|"]
    for cost in found:
        bar = str(BARS[cost.together]) if cost.store == "SQLite" else ""
        lines.append(f"| {cost.store} | {cost.together} | {cost.micros:.1f} | {bar} |")
    return "\n".join(lines)


def main() -> int:
    """Print the table."""
    run: Callable[[Awaitable[list[Cost]]], list[Cost]] = uvloop.run  # type: ignore[assignment]
    with tempfile.TemporaryDirectory(prefix="bench-ledger-") as folder:
        print(markdown(run(costs(Path(folder)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
