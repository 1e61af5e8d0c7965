"""Measure local embeddings at the encoder's socket: `python -m bench.encoder [--model PATH] [--write]`.

Each row is an encoder process of its own, configured in one way; texts of 5 to 40 words from a fixed seed, every one
new. A *list* is one request of so many texts; *at once* is so many clients, each with one text at a time, in a closed
loop. `--write` puts the table into docs/embeddings.md.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from msgspec import Raw, Struct, structs

from bench.conditions import conditions
from bench.report import table, write
from providers.engine.encoder_client import MINILM, Encoder, LocalEncoder
from providers.words import Call, Sent, View

PAGE = Path(__file__).resolve().parents[1] / "docs" / "embeddings.md"
SIZES = (1, 8, 32)
WORDS = ("the quick brown fox jumps over a lazy dog while rain falls on green hills and people walk home " * 3).split()
Make = Callable[[int], list[str]]


class Figures(Struct, frozen=True):
    """Texts a second, and a request's latency in milliseconds: the median and the largest of a hundred."""

    rate: float
    p50: float
    p99: float


class Cell(Struct, frozen=True):
    """One measurement: so many texts in a list, or so many clients at once."""

    clients: int
    texts: int

    def __str__(self) -> str:
        return f"{self.texts} in a list" if self.clients == 1 else f"{self.clients} at once"


CELLS = [*(Cell(1, size) for size in SIZES), *(Cell(size, 1) for size in SIZES if size > 1)]


def writer(seed: int) -> Make:
    """New texts, the same in every run."""
    dice = random.Random(seed)
    return lambda count: [" ".join(dice.choices(WORDS, k=dice.randint(5, 40))) for _ in range(count)]


@asynccontextmanager
async def running(settings: Encoder) -> AsyncIterator[LocalEncoder]:
    """An encoder process and a client of it, without a cache."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "encoder.sock")
        process = await asyncio.create_subprocess_exec(
            sys.executable, *settings.arguments(path), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        async for line in process.stdout:
            said = msgspec.json.decode(line)
            if said["event"] == "error":
                raise SystemExit(said["message"])
            if said["event"] == "ready":
                break
        encoder = LocalEncoder(path, settings)
        try:
            yield encoder
        finally:
            await encoder.aclose()
            process.terminate()
            await process.wait()


async def ask(encoder: LocalEncoder, texts: list[str], tenant: str) -> None:
    """One request and its whole answer."""
    call = Call("embeddings", "embeddings", {"input": Raw(msgspec.json.encode(texts))}, View("local"), 0)
    async for events in await encoder.open(call, Sent("local", tenant=tenant)):
        assert len(events[0].vectors or ()) == len(texts)


async def measure(encoder: LocalEncoder, cell: Cell, seconds: float, make: Make) -> Figures:
    """A closed loop for so long."""
    until = time.perf_counter() + seconds
    spent: list[float] = []

    async def client(number: int) -> None:
        while (began := time.perf_counter()) < until:
            await ask(encoder, make(cell.texts), str(number))
            spent.append(time.perf_counter() - began)

    began = time.perf_counter()
    clients: list[Awaitable[None]] = [client(number) for number in range(cell.clients)]
    await asyncio.gather(*clients)
    rate = len(spent) * cell.texts / (time.perf_counter() - began)
    return Figures(rate, 1000 * statistics.median(spent), 1000 * sorted(spent)[len(spent) * 99 // 100])


async def rounds(ways: dict[str, Encoder], count: int, seconds: float) -> list[tuple[str, ...]]:
    """The table's rows: the median of the rounds, all ways in turn."""
    found: dict[tuple[str, Cell], list[Figures]] = {}
    for number in range(count):
        for name, settings in ways.items():
            async with running(settings) as encoder:
                await ask(encoder, ["warm"], "")
                for place, cell in enumerate(CELLS):
                    figures = await measure(encoder, cell, seconds, writer(100 * number + place))
                    found.setdefault((name, cell), []).append(figures)
    return [row(name, cell, figures) for (name, cell), figures in sorted(found.items(), key=order)]


def order(item: tuple[tuple[str, Cell], object]) -> int:
    """By what is measured."""
    return CELLS.index(item[0][1])


def row(name: str, cell: Cell, figures: Sequence[Figures]) -> tuple[str, ...]:
    """One line of the table."""
    medians = [statistics.median(each) for each in zip(*map(structs.astuple, figures), strict=True)]
    return (str(cell), name, f"{medians[0]:.0f}", f"{medians[1]:.1f}", f"{medians[2]:.1f}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=MINILM, help="an embedding GGUF (default: minilm)")
    parser.add_argument("--threads", type=int, help="of the encoder (default: by the machine)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of a measurement")
    parser.add_argument("--write", action="store_true", help="put the table into docs/embeddings.md")
    given = parser.parse_args()
    base = Encoder(model=given.model, threads=given.threads)
    ways = {
        "adaptive (as shipped)": base,
        "no window": structs.replace(base, window=0.0),
        "one by one": structs.replace(base, window=0.0, batch=1),
    }
    head = ("texts", "encoder", "texts/s", "latency p50 ms", "p99 ms")
    rows = asyncio.run(rounds(ways, given.rounds, given.seconds))
    how = f"Medians of {given.rounds} rounds of {given.seconds:g} s, in turn; {given.model}"
    text = table(head, rows) + "\n\n" + "\n".join(f"- {line}" for line in conditions(how))
    print(text)
    if given.write:
        write(PAGE, text)


if __name__ == "__main__":
    main()
