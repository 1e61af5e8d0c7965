"""`python -m bench.limits`: what a limit adds to a request in one process, and what a ledger at the accountant costs.

A limited request is the permit's whole way: asked twice, its headers written, corrected at its end. An attempt over the
accountant's socket counts the CPU of both ends.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from time import monotonic_ns, process_time, time_ns
from typing import Any

import uvloop

from bench.ledger import measure
from providers.words import Call, View
from proxy.keys import Key
from proxy.limits.meter import LocalMeter
from proxy.limits.permit import Limits
from proxy.limits.rules import Rule, Rulebook
from proxy.money.remote.client import RemoteLedger
from proxy.money.remote.latest import Latest
from proxy.money.remote.marks import Marks, worker_name
from proxy.money.remote.server import Accountant
from proxy.money.sqlite import SqliteLedger
from routing.catalog import Catalog

ROUNDS, REQUESTS, ATTEMPTS = 3, 20_000, 4_000
MANY = 10**8
BAR = 5
"""µs that one limit may add."""
CALL = Call("chat", "chat", {}, View("auto", max_output=100), 400)
RULES: dict[str, Sequence[Rule]] = {
    "no limit for this key": (Rule(name="other", key="other", parallel=1),),
    "requests": (Rule(name="a", requests_per_minute=MANY),),
    "parallel": (Rule(name="a", parallel=MANY),),
    "tokens": (Rule(name="a", tokens_per_minute=MANY),),
    "all five": (
        Rule(
            name="a",
            requests_per_minute=MANY,
            parallel=MANY,
            tokens_per_minute=MANY,
            input_tokens_per_minute=MANY,
            output_tokens_per_minute=MANY,
        ),
    ),
}


async def limited(rules: Sequence[Rule]) -> float:
    """CPU µs of one request's limits."""
    limits = Limits(Rulebook(rules), LocalMeter(monotonic_ns), Catalog({}))
    key, best = Key("key_1", "alice"), float("inf")
    for _ in range(ROUNDS):
        started = process_time()
        for number in range(REQUESTS):
            permit = limits.permit(str(number), key)
            await permit.begin()
            await permit.ask(CALL)
            assert permit.headers is not None
            permit.leave(100, 20)
        best = min(best, (process_time() - started) / REQUESTS * 1e6)
    return best


async def remote(folder: Path, together: int) -> float:
    """CPU µs of an attempt whose ledger is the accountant's."""
    clock, path, socket = Latest(time_ns), folder / f"{together}.db", str(folder / f"{together}.sock")
    books = SqliteLedger(path, clock, lambda notice: None, keep=True)
    accountant = Accountant(books, LocalMeter(monotonic_ns), Marks(path), clock)
    await accountant.open(socket)
    ledger = RemoteLedger(socket, path, worker_name(os.getpid(), together), time_ns)
    await ledger.connected(5)
    try:
        return await measure(ledger, together, ATTEMPTS)
    finally:
        await ledger.aclose()
        await accountant.aclose()
        await books.aclose()


async def tables(folder: Path) -> str:
    """Both, in Markdown."""
    lines = ["| limits of a request | CPU µs | bar |", "|---|---|---|"]
    for name, rules in RULES.items():
        bar = {"no limit for this key": "", "all five": str(5 * BAR)}.get(name, str(BAR))
        lines.append(f"| {name} | {await limited(rules):.1f} | {bar} |")
    lines += ["", "| ledger | attempts in a tick | CPU µs each, both ends |", "|---|---|---|"]
    for together in (1, 16):
        lines.append(f"| SQLite at the accountant | {together} | {await remote(folder, together):.1f} |")
    return "\n".join(lines)


def main() -> int:
    """Print the tables."""
    run: Callable[[Coroutine[Any, Any, str]], str] = uvloop.run
    with tempfile.TemporaryDirectory(prefix="bench-limits-") as folder:
        print(run(tables(Path(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
