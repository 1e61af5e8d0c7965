"""The run: a real `halfpenny serve`, a local model killed with SIGSEGV again and again, clients on all sides of it.

The victim's breaker is off. Beside it: another local model, and a scripted upstream on a socket of its own, which costs
money and is the next candidate of `auto`. The supervisor and the HTTP worker may neither grow nor keep descriptors.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections import Counter
from pathlib import Path

import apsw
from msgspec import Struct

from bench.crashes import clients
from bench.crashes.growth import Sizes, sizes
from providers.engine.state import State, read
from tests.doubles.serving import Served, serving
from tests.doubles.upstream import Upstream

CONFIG = """
server: {{port: 0}}
providers:
  victim: {{dialect: engine, model: demo, crashes: 0, slots: 2}}
  neighbour: {{dialect: engine, model: demo, slots: 2}}
  upstream: {{dialect: openai, base_url: "{upstream}", credential: sk-upstream}}
models:
  victim: {{provider: victim}}
  neighbour: {{provider: neighbour}}
  bought: {{provider: upstream, tier: strong, price: {{input: $2.50, output: $10}}}}
routing: {{demo: true}}
"""
CLIENTS = (
    *(clients.bought_stream, clients.bought_whole, clients.neighbour),
    *(clients.victim, clients.victim, clients.routed, clients.routed),
)
FULL = 32_000
"""Requests after which the page caches of ledger and records are full, and the ledger's journal of what was dispatched
has dropped its ended marks for the first time (at 1 MiB, some 29,000): the processes grow until then."""
WARM = 20
"""Crashes after those, until the first size is taken."""
MIDDLE = 0.05
"""Seconds after which the clients, who came as soon as it was ready, are in the middle of answers."""


class Story(Struct, frozen=True):
    """What was seen: ends by client; seconds from each kill to ready; sizes of (supervisor, worker) in a quiet moment
    after WARM crashes and after the last, and after each crash under load; what the ledger says was bought."""

    ends: dict[str, Counter[str]]
    recoveries: list[float]
    quiet: tuple[tuple[Sizes, Sizes], tuple[Sizes, Sizes]]
    under_load: list[tuple[Sizes, Sizes]]
    rows: Counter[str]

    @property
    def asked(self) -> int:
        """Requests of all clients."""
        return sum(ends.total() for ends in self.ends.values())

    def lost(self) -> int:
        """Requests that may not end as they did: others' that failed, and what is no known end of the victim's."""
        return sum(ends[clients.LOST] + ends[clients.STRANGE] for ends in self.ends.values())

    def bought(self) -> int:
        """Answers of the upstream that clients read to their end."""
        ends = self.ends
        named = ends["bought_stream"][clients.RIGHT] + ends["bought_whole"][clients.RIGHT]
        return named + ends["routed"][clients.NEXT.format(model="bought")]


async def crashes(folder: Path, count: int, warm: int = WARM, full: int = FULL) -> Story:
    """Serve, and kill the victim so many times, each time once it is ready again."""
    async with Upstream(clients.recorded) as upstream:
        with serving(folder, CONFIG.format(upstream=upstream.base_url)) as served:
            killer, ends = Killer(served), dict[str, Counter[str]]()
            quiet = []
            await clients.ask_times(served.url, served.key, clients.BOUGHT, full, ends)
            for some in (warm, count - warm):
                async with clients.asking(served.url, served.key, CLIENTS, ends):
                    for _ in range(some):
                        await killer.kill()
                quiet.append(await killer.quiet(upstream))
            rows = _rows(served.data / "ledger.db")
    return Story(ends, killer.recoveries, (quiet[0], quiet[1]), killer.under_load[warm:], rows)


class Killer:
    """Kills the victim of a server, and looks at its supervisor and worker."""

    def __init__(self, served: Served) -> None:
        self._pids = (served.process.pid, served.children("proxy.worker")[0])
        self._socket = _run_folder(self._pids[1]) / "victim.sock"
        self.recoveries: list[float] = []
        self.under_load: list[tuple[Sizes, Sizes]] = []

    async def kill(self) -> None:
        """In the middle of answers; until it serves again."""
        state = await self._ready()
        await asyncio.sleep(MIDDLE)
        began = time.monotonic()
        os.kill(state.pid or 0, signal.SIGSEGV)
        await self._ready(state.crashes + 1)
        self.recoveries.append(time.monotonic() - began)
        self.under_load.append(self.sizes())

    def sizes(self) -> tuple[Sizes, Sizes]:
        """Of supervisor and worker, now."""
        return sizes(self._pids[0]), sizes(self._pids[1])

    async def quiet(self, upstream: Upstream) -> tuple[Sizes, Sizes]:
        """The same once no client is there, and the far side has ended the pool's idle connections."""
        for served in list(upstream.open):
            served.transport.abort()
        async with asyncio.timeout(60):
            found, same = self.sizes(), 0
            while same < 20:
                await asyncio.sleep(0.05)
                now = self.sizes()
                same = same + 1 if [each.descriptors for each in now] == [each.descriptors for each in found] else 0
                found = now
        return found

    async def _ready(self, crashes: int = 0) -> State:
        async with asyncio.timeout(60):
            while True:
                state = read(self._socket)
                if state is not None and state.state == "ready" and state.crashes >= crashes:
                    return state
                await asyncio.sleep(0.005)


def _run_folder(worker: int) -> Path:
    words = Path(f"/proc/{worker}/cmdline").read_bytes().split(b"\0")
    return Path(words[words.index(b"--run-folder") + 1].decode())


def _rows(path: Path) -> Counter[str]:
    """The ledger's rows of the upstream, by state."""
    with contextlib.closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        return Counter(row[0] for row in db.execute("SELECT state FROM rows WHERE provider = 'upstream'"))
