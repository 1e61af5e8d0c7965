"""Many clients before a deployment whose parts are killed; then the provider's bills, rows and counters are compared.

`python -m tests.money.traffic workers|replicas|replicas-ill KILLS SEED FOLDER` prints a line of JSON.
"""

import asyncio
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

from msgspec import Struct, json

from routing.money import NANO
from tests.doubles.asking import asked
from tests.doubles.house import INPUT, OUTPUT
from tests.doubles.serving import Served
from tests.money.deployments import Deployment, Row, deployed, killed
from tests.money.provider import bills, providing

CLIENTS = 12
PATIENCE = 5.0
"""Seconds within which nothing is held any more."""
BODY = '{"model":"paid","max_tokens":%d,"stream":%s,"messages":[{"role":"user","content":"hi"}]}'


class Report(Struct):
    """What was asked, answered (by status, 0: cut off) and killed; what was wrong; seconds until all was quiet."""

    asked: int
    statuses: dict[str, int]
    billed: int
    kills: int
    quiet: float
    seconds: float
    over: int
    lost: tuple[str, ...]
    double: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Nothing is wrong."""
        return not (self.over or self.lost or self.double or self.wrong)


class Traffic:
    """One run. `limit` in n$."""

    def __init__(self, deployment: Deployment, book: Path, random: Random, limit: int) -> None:
        self._deployment, self._book, self._random, self._limit = deployment, book, random, limit
        self.statuses: Counter[int] = Counter()
        self._over = 0
        self._stopped = False

    async def run(self, kills: int) -> Report:
        """Kill so often; then look."""
        began = time.monotonic()
        clients = [asyncio.create_task(self._client()) for _ in range(CLIENTS)]
        done = 0
        while done < kills:
            await asyncio.sleep(self._random.uniform(0.1, 0.5))
            done += bool(await killed(self._deployment, self._random))
            await self._look()
        self._stopped = True
        await asyncio.gather(*clients)
        stopped = time.monotonic()
        wrong = await self._quiet(stopped)
        quiet = time.monotonic() - stopped
        lost, double = await self._compared()
        billed = bills(self._book)
        await self._look()
        statuses = {str(status): number for status, number in sorted(self.statuses.items())}
        seconds = time.monotonic() - began
        asked = sum(self.statuses.values())
        return Report(asked, statuses, len(billed), done, quiet, seconds, self._over, lost, double, wrong)

    async def _compared(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What was lost or double; the rows of the last answers are on their way for a moment."""
        until = time.monotonic() + PATIENCE
        while True:
            lost, double = compared(await self._deployment.rows(), bills(self._book))
            if not lost or time.monotonic() > until:
                return lost, double
            await asyncio.sleep(0.05)

    async def _client(self) -> None:
        while not self._stopped:
            served = self._random.choice(self._deployment.served)
            self.statuses[await post(served, 100, stream=self._random.random() < 0.5)] += 1

    async def _look(self) -> None:
        """Nothing is over at this moment. A store that is away cannot be asked."""
        with suppress(OSError, Exception):
            rows = await self._deployment.rows()
            booked = sum(row[3] if row[2] == "held" else row[4] for row in rows)
            self._over = max(self._over, booked - self._limit, await self._deployment.counters() - self._limit)

    async def _quiet(self, stopped: float) -> tuple[str, ...]:
        """Wait until nothing is held and counters are the sum of rows, and one more request is answered."""
        said = "?"
        while said and time.monotonic() - stopped < PATIENCE * 3:
            rows = await self._deployment.rows()
            booked, counted = sum(row[4] for row in rows), await self._deployment.counters()
            held = [row[0] for row in rows if row[2] == "held"]
            said = f"{len(held)} held, {counted} counted, {booked} in rows" if held or counted != booked else ""
            if counted < 0:  # who has lost it makes it anew when somebody asks
                self.statuses[await post(self._deployment.served[0], 100)] += 1
            await asyncio.sleep(0.05)
        late = time.monotonic() - stopped
        said = said or (f"quiet only after {late:.1f} s" if late > PATIENCE else "")
        return tuple(filter(None, [said, *[await self._refusing(served) for served in self._deployment.served]]))

    async def _refusing(self, served: Served) -> str:
        """What is wrong when a request is still refused though it fits; what was killed last may still be starting."""
        until = time.monotonic() + PATIENCE
        status = 503
        while status == 503 and time.monotonic() < until:
            status = await post(served, 100)
        room = self._limit - sum(row[4] for row in await self._deployment.rows())
        return f"then {status} though {room} is left" if status != 200 and room > 2 * worst(100) else ""


def worst(output: int) -> int:
    """n$ that a request with so many answer tokens may cost."""
    return len(BODY % (output, "false")) * INPUT + output * OUTPUT


def compared(rows: list[Row], billed: dict[str, int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was lost, and what was charged twice or too much. A row whose worker died names no answer."""
    double, found = [], set()
    for id, k, state, amount, cost, overrun, answered in rows:
        if cost > amount or (state == "void" and cost):
            double.append(f"{id}/{k}: {state} {cost} of {amount}")
        if answered in found and state != "void":
            double.append(f"{answered}: has two rows")
        if answered in billed and state == "settled":
            found.add(answered)
            if cost + overrun > max(billed[answered], 0) and cost + overrun != billed[answered]:
                double.append(f"{answered}: billed {billed[answered]}, booked {cost}")
    nameless = [cost for _, _, state, _, cost, _, name in rows if state in ("settled", "expired") and name not in found]
    missing = sorted(cost for name, cost in billed.items() if name not in found)
    lost = [f"{len(missing)} bills, {len(nameless)} rows to cover them"] if len(missing) > len(nameless) else []
    covered = zip(sorted(nameless, reverse=True), reversed(missing), strict=False)
    lost += [f"a bill of {cost} is covered by {row}" for row, cost in covered if row < cost]
    return tuple(lost), tuple(double)


async def post(served: Served, output: int, *, stream: bool = False) -> int:
    """The status of one request; 0, a moment later, when there was no whole answer."""
    status = await asked(served, (BODY % (output, "true" if stream else "false")).encode())
    if not status:
        await asyncio.sleep(0.02)
    return status


def main() -> int:
    """See above."""
    kind, kills, seed, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    cents = max(20, kills * 5)
    book = folder / "bills"
    with providing(book) as url, deployed(kind, folder, url, f"${cents / 100:.2f}") as deployment:
        report = asyncio.run(Traffic(deployment, book, Random(seed), cents * NANO // 100).run(kills))
    print(json.encode(report).decode())
    return int(not report.clean)


if __name__ == "__main__":
    sys.exit(main())
