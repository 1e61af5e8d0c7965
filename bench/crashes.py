"""Crashes in a row under load: `python -m bench.crashes [COUNT]` (100). What must not break: anything else.

A real `halfpenny serve` with two local models of its own, one of which is killed with SIGSEGV again and again (its
breaker is off), each time in the middle of answers. The other one's clients ask all the time, and none may fail; the
supervisor and the HTTP worker may neither grow nor keep descriptors.
"""

import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from msgspec import Struct

from providers.engine.state import State, read
from tests.doubles.serving import Served, serving

CONFIG = """
server: {port: 0}
providers:
  victim: {dialect: engine, model: demo, crashes: 0, slots: 2}
  other: {dialect: engine, model: demo, slots: 2}
models:
  victim: {provider: victim}
  other: {provider: other}
"""


class Figures(Struct):
    """What was seen.

    `lost` are failures of the other model's requests; `strange` are answers of the victim's that were neither good,
    503, nor an error event; sizes are (descriptors, KiB of resident memory) of supervisor and worker.
    """

    crashes: int = 0
    asked: int = 0
    lost: int = 0
    answered: int = 0
    refused: int = 0
    broken: int = 0
    strange: int = 0
    recoveries: list[float] = []
    before: tuple[int, int] = (0, 0)
    after: tuple[int, int] = (0, 0)


async def crash(served: Served, count: int) -> Figures:
    """Kill the victim so many times, each time once it is ready again."""
    figures = Figures(recoveries=[])
    socket = _run_folder(served) / "victim.sock"
    headers = {"authorization": f"Bearer {served.key}"}
    async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=60) as client:
        over = asyncio.Event()
        await _until_ready(socket, 0)
        await asyncio.gather(*(ask(client, figures) for ask in (_other, _other, _victim, _victim)))
        figures.before = _sizes(served)
        figures.asked = figures.answered = 0
        load = [asyncio.create_task(_again(_other, client, figures, over)) for _ in range(2)]
        load += [asyncio.create_task(_again(_victim, client, figures, over)) for _ in range(2)]
        for _ in range(count):
            state = await _until_ready(socket, figures.crashes)
            await asyncio.sleep(0.05)  # the clients come, and are in the middle of answers
            began = time.monotonic()
            os.kill(state.pid or 0, signal.SIGSEGV)
            figures.crashes += 1
            await _until_ready(socket, figures.crashes)
            figures.recoveries.append(time.monotonic() - began)
        over.set()
        await asyncio.gather(*load)
        figures.after = _sizes(served)
    return figures


Ask = Callable[[httpx.AsyncClient, Figures], Awaitable[None]]


async def _again(ask: Ask, client: httpx.AsyncClient, figures: Figures, over: asyncio.Event) -> None:
    while not over.is_set():
        await ask(client, figures)


async def _other(client: httpx.AsyncClient, figures: Figures) -> None:
    """A request that may not fail."""
    figures.asked += 1
    try:
        answer = await client.post("/chat/completions", json=_body("other", False))
        figures.lost += answer.status_code != 200 or not answer.json()["choices"][0]["message"]["content"]
    except (httpx.HTTPError, ValueError, LookupError):
        figures.lost += 1


async def _victim(client: httpx.AsyncClient, figures: Figures) -> None:
    """A stream that may be refused before its first byte, and may end with an error event after it."""
    try:
        async with client.stream("POST", "/chat/completions", json=_body("victim", True)) as answer:
            text = (await answer.aread()).decode()
    except httpx.HTTPError:
        figures.strange += 1
        return
    if answer.status_code == 503 and "local_model_" in text:
        figures.refused += 1
        await asyncio.sleep(0.05)
    elif answer.status_code == 200 and '"error"' in text:
        figures.broken += 1
    elif answer.status_code == 200 and "[DONE]" in text:
        figures.answered += 1
    else:
        figures.strange += 1


def _body(model: str, stream: bool) -> dict[str, object]:
    question = "Tell me a short story about a dog"
    return {"model": model, "stream": stream, "messages": [{"role": "user", "content": question}]}


async def _until_ready(socket: Path, crashes: int) -> State:
    async with asyncio.timeout(60):
        while True:
            state = read(socket)
            if state is not None and state.state == "ready" and state.crashes >= crashes:
                return state
            await asyncio.sleep(0.005)


def _run_folder(served: Served) -> Path:
    words = Path(f"/proc/{served.children('proxy.worker')[0]}/cmdline").read_bytes().split(b"\0")
    return Path(words[words.index(b"--run-folder") + 1].decode())


def _sizes(served: Served) -> tuple[int, int]:
    pids = [served.process.pid, *served.children("proxy.worker")]
    resident = 0
    for pid in pids:
        status = Path(f"/proc/{pid}/status").read_text()
        resident += int(status.split("VmRSS:")[1].split()[0])
    return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids), resident


def told(figures: Figures) -> str:
    """The figures, a line each."""
    recoveries = sorted(figures.recoveries)
    return "\n".join(
        [
            f"crashes                     {figures.crashes}",
            f"other model's requests      {figures.asked}, lost {figures.lost}",
            f"victim's requests           {figures.answered} answered, {figures.refused} refused with 503, "
            f"{figures.broken} ended with an error event, {figures.strange} otherwise",
            f"recovery, kill to ready     median {statistics.median(recoveries):.2f} s, longest {recoveries[-1]:.2f} s",
            f"descriptors                 {figures.before[0]} before, {figures.after[0]} after",
            f"resident memory             {figures.before[1]} KiB before, {figures.after[1]} KiB after",
        ]
    )


def main(words: list[str]) -> int:
    """Run it and print; 1 when something was lost."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), CONFIG) as served:
        figures = asyncio.run(crash(served, int(words[0]) if words else 100))
    print(told(figures))
    return int(bool(figures.lost or figures.strange))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
