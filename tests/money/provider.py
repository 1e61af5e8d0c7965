"""A provider in a process of its own, with its own book: `python -m tests.money.provider BOOK` prints its base URL.

Before a byte of an answer leaves, one write(2) notes what it will bill. The answer names the model `upstream-1-N`,
which the row in the ledger keeps: so each bill can be found in the rows.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from subprocess import PIPE, Popen
from typing import Any

from tests.doubles import answers
from tests.doubles.house import INPUT, OUTPUT
from tests.doubles.upstream import Pause, Request, Script, Send, Upstream, chat_stream

ROOT = Path(__file__).resolve().parents[2]
MOST = 60
"""Output tokens of an answer, at most."""
LONG = 1_000
"""Who asks for so many tokens has to wait for a second."""


class Provider(Upstream):
    """Answers at once, or after a second."""

    def __init__(self, book: Path) -> None:
        super().__init__()
        self._fd = os.open(book, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._random = Random(1)
        self._made = 0

    def answer(self, request: Request) -> Script:
        """Note the bill, and answer."""
        self._made += 1
        model = f"upstream-1-{self._made}"
        told = answers.usage(self._random.randint(1, 40), self._random.randint(1, MOST))
        os.write(self._fd, f"{model} {bill(told)}\n".encode())
        asked = request.json()
        if asked.get("stream"):
            return chat_stream(["a ", "b ", "c"], told=told, model=model)
        now = asyncio.Event()
        asyncio.get_running_loop().call_later(asked["max_tokens"] // LONG, now.set)
        return (
            Pause(now),
            Send(answers.response(answers.chat_body(told=told, model=model))),
        )


def bill(told: dict[str, Any]) -> int:
    """In n$."""
    return int(told["prompt_tokens"]) * INPUT + int(told["completion_tokens"]) * OUTPUT


def bills(book: Path) -> dict[str, int]:
    """What was billed under which name."""
    lines = [line.split() for line in book.read_text().splitlines()] if book.exists() else []
    return {name: int(cost) for name, cost in lines}


@contextmanager
def providing(book: Path) -> Iterator[str]:
    """Its base URL, while it runs."""
    words = [sys.executable, "-m", "tests.money.provider", str(book)]
    with Popen(words, cwd=ROOT, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


async def main(book: Path) -> None:
    upstream = Provider(book)
    await upstream.start()
    print(upstream.base_url, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
