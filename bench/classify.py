"""How fast the query classifier's door is: `python -m bench.classify` prints a table, --write puts it into its page.

The real program in processes of its own, asked over HTTP on the loopback with keep-alive: labels known to L1, labels by
the shipped head, and labels by a model in its child process (--model FOLDER; without it a random DistilBERT of the
usual size, which is as fast as a trained one).
"""

import argparse
import asyncio
import itertools
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from bench.conditions import conditions
from bench.report import table, write

PAGE = Path(__file__).resolve().parents[1] / "docs" / "query-classify.md"
WORDS = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "a",
    "is",
    "that",
    "for",
    "it",
    "as",
    "was",
    "with",
    "be",
    "by",
    "on",
    "not",
    "he",
    "i",
    "this",
    "are",
    "or",
    "his",
    "from",
    "at",
    "which",
    "but",
    "have",
]
CONFIG = """
server: {{port: 0}}
budgets: [{{name: bench, key: development, window: day, limit: $1}}]
classify: {{model_path: {folder}, deadline_ms: 10000}}
"""
LOADING = 90.0
Make = Callable[[], str]


class Figures(Struct, frozen=True):
    """Requests a second; milliseconds at the client, and as the answers' own header says."""

    rate: float
    p50: float
    p99: float
    own: float


def texts(seed: int) -> Make:
    """New texts of 5 to 40 words, the same in every run."""
    dice = random.Random(seed)
    return lambda: " ".join(dice.choices(WORDS, k=dice.randint(5, 40)))


def known() -> Make:
    """The same sixteen again and again."""
    new = texts(0)
    again = itertools.cycle([new() for _ in range(16)])
    return lambda: next(again)


async def measure(port: int, make: Make, clients: int, seconds: float) -> Figures:
    """A closed loop of so many connections."""
    spent: list[tuple[float, float]] = []
    until = time.perf_counter() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.perf_counter()) < until:
            own = await asked(reader, writer, make())
            spent.append((1000 * (time.perf_counter() - began), own))
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    took = time.perf_counter() - began
    at, own = sorted(each for each, _ in spent), [each for _, each in spent]
    return Figures(len(spent) / took, statistics.median(at), at[len(at) * 99 // 100], statistics.median(own))


async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, text: str) -> float:
    """One request; the milliseconds that its answer names."""
    body = msgspec.json.encode({"text": text})
    writer.write(b"POST /v1/query-classify HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
    said = await reader.readexactly(int(fields["content-length"]))
    if not head.startswith("http/1.1 200"):
        raise SystemExit(said.decode())
    return float(fields["x-router-latency"])


@contextmanager
def served(folder: Path, model: Path | str) -> Iterator[int]:
    """The port of a fresh Halfpenny, once what it should load is loaded."""
    (folder / "config.yaml").write_text(CONFIG.format(folder=model))
    words = [sys.executable, "-m", "proxy", "serve", "--development", "--config", str(folder / "config.yaml")]
    environ = {**os.environ, "HALFPENNY_DATA": str(folder / "data")}
    with subprocess.Popen(words, env=environ, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = next(line for line in process.stdout if "listens at" in line)
            yield int(line.rsplit(":", 1)[1])
        finally:
            process.terminate()


async def ready(port: int, head: bytes) -> None:
    """Wait until this head answers. Raises SystemExit when it does not within LOADING seconds."""
    until = time.monotonic() + LOADING
    while time.monotonic() < until:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /health/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        said = await reader.read()
        writer.close()
        if b'"model":"' + head in said:
            return
        await asyncio.sleep(0.5)
    raise SystemExit("the model is not served: see above")


def random_distilbert(folder: Path) -> Path:
    """A DistilBERT of the usual size with random weights, and a tokenizer of single words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers

    hub: Any = import_module("transformers")
    torch.manual_seed(0)
    hub.DistilBertForSequenceClassification(hub.DistilBertConfig(num_labels=2)).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(["[PAD]", "[UNK]", *WORDS])}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    hub.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(
        folder
    )
    return folder


def rows(seconds: float, count: int, model: Path | None) -> Iterator[tuple[str, ...]]:
    """The table's rows, of one server with the shipped head and one with a model."""
    seeds = itertools.count(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases: list[tuple[str, Callable[[], Make]]] = [
            ("known to L1", known),
            ("the shipped head", lambda: texts(next(seeds))),
        ]
        with served(folder, "./models/router") as port:
            asyncio.run(ready(port, b"shipped"))
            yield from lines(port, cases, seconds, count)
        model = model or random_distilbert(folder / "distilbert")
        with served(folder, model) as port:
            asyncio.run(ready(port, model.name.encode()))
            yield from lines(port, [("a model in its process", lambda: texts(next(seeds)))], seconds, count)


def lines(
    port: int, cases: list[tuple[str, Callable[[], Make]]], seconds: float, count: int
) -> Iterator[tuple[str, ...]]:
    """A row for each case and number of connections: medians of the rounds."""
    for name, make in cases:
        for clients in (1, 16):
            found = [asyncio.run(measure(port, make(), clients, seconds)) for _ in range(count)]
            middle = [statistics.median(each) for each in zip(*map(msgspec.structs.astuple, found), strict=True)]
            figures = (f"{middle[0]:,.0f}", *(f"{each:.2f}" for each in middle[1:]))
            yield (name, str(clients), *figures)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a folder with a two-label sequence classifier")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of a measurement")
    parser.add_argument("--write", action="store_true", help="put the table into docs/query-classify.md")
    given = parser.parse_args()
    head = ("answered by", "connections", "requests/s", "p50 ms", "p99 ms", "x-router-latency p50 ms")
    told = table(head, list(rows(given.seconds, given.rounds, given.model)))
    how = f"Medians of {given.rounds} rounds of {given.seconds:g} s; the client shares the cores"
    text = told + "\n\n" + "\n".join(f"- {line}" for line in conditions(how))
    print(text)
    if given.write:
        write(PAGE, text)


if __name__ == "__main__":
    main()
