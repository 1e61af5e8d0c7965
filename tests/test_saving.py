"""Unchanged code saves money: 400 seeded prompts outside all training data, sent as `gpt-4o`.

Three hundred from the families that the demo model claims (a hundred says too little: its share swings by three in a
hundred), a hundred beyond them. The real demo model answers at home, a scripted upstream stands for OpenAI. At least 85
of each hundred go to their side; who did not is printed.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import apsw
import openai
import pytest
from langchain_openai import ChatOpenAI

from providers.tiny.card import claimed
from providers.tiny.corpus import FAMILIES
from routing.classifier.rows import DOLLY, Instruction, part, read_rows
from tests.doubles.eventually import eventually
from tests.doubles.serving import ROOT, Served, serving
from tests.doubles.upstream import serving as upstream_serving

CLAIMED, BEYOND = 300, 100
BAR = 0.85
AT_ONCE = 4
INPUT, OUTPUT = 2_500, 10_000
CONFIG = """
server: {{port: 0}}
providers:
  local: {{dialect: engine, model: demo}}
  openai: {{dialect: openai, base_url: "{url}", credential: sk-upstream}}
models:
  demo: {{provider: local}}
  gpt-4o: {{route: auto, ceiling: gpt-4o}}
routing: {{demo: true}}
"""
CODE = (
    "Write a Python function that {verb} a {thing} and add unit tests.",
    "def {verb}({thing}):\n    pass\n\nImplement this so that it works for empty input.",
    "My SQL query that should {verb} every {thing} is slow. How do I add an index?",
    "Refactor this class so that it can {verb} more than one {thing} in parallel, in Rust.",
)
VERBS = ("sorts", "parses", "merges", "validates", "caches", "serialises", "deduplicates", "rotates")
THINGS = ("linked list", "CSV file", "tree", "log line", "matrix", "date range", "bank transfer", "config file")
LONG = (
    "Here are the notes of our last {count} meetings. {text} Draft a summary for the board with the three main risks.",
    "{text} Compare the arguments above and write an essay of {count} words about which of them is stronger.",
)


def within(rng: Random) -> list[list[dict[str, str]]]:
    """Held-out conversations of claimed families."""
    names = claimed()
    families = [family for family in FAMILIES if family.name in names]
    return [rng.choice(families).sample(rng, held_out=True).messages for _ in range(CLAIMED)]


def beyond(rng: Random) -> list[list[dict[str, str]]]:
    """Dolly questions that no head was trained on, code, long texts."""
    unseen = [row.prompt() for row in read_rows(DOLLY, Instruction) if part(row.prompt()) == "evaluate"]
    prompts = rng.sample(unseen, 60)
    prompts += [rng.choice(CODE).format(verb=rng.choice(VERBS), thing=rng.choice(THINGS)) for _ in range(20)]
    texts = [" ".join(rng.sample(unseen, 4)) for _ in range(20)]
    prompts += [rng.choice(LONG).format(count=rng.randint(5, 900), text=text) for text in texts]
    return [[{"role": "user", "content": prompt}] for prompt in prompts]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The whole program beside an upstream that answers everything."""
    with (
        upstream_serving() as upstream,
        serving(tmp_path_factory.mktemp("saving"), CONFIG.format(url=upstream.base_url)) as started,
    ):
        yield started


async def ask(served: Served, conversations: list[list[dict[str, str]]]) -> list[tuple[str, str, str]]:
    """(last message, route, reason) of each conversation, asked by the official client as unchanged code asks."""
    limit = asyncio.Semaphore(AT_ONCE)
    async with openai.AsyncOpenAI(base_url=served.url, api_key=served.key, max_retries=0) as client:

        async def one(messages: list[Any]) -> tuple[str, str, str]:
            async with limit:
                raw = await client.chat.completions.with_raw_response.create(model="gpt-4o", messages=messages)
            return messages[-1]["content"], raw.headers["x-halfpenny-route"], raw.headers["x-halfpenny-reason"]

        return await asyncio.gather(*(one(messages) for messages in conversations))


def stray(asked: list[tuple[str, str, str]], side: str) -> list[str]:
    """Those that went to the other side, for the reader of this test."""
    return [f"{route}: {text[:80]!r} ({reason})" for text, route, reason in asked if route != side]


async def test_each_hundred_goes_to_its_side_and_the_rows_add_up(served: Served) -> None:
    rng = Random(20_260_120)
    home = await ask(served, within(rng))
    bought = await ask(served, beyond(rng))

    wrong_home, wrong_bought = stray(home, "local"), stray(bought, "upstream")
    print("\n".join([f"{len(wrong_home)} claimed prompts were bought", *wrong_home]))
    print("\n".join([f"{len(wrong_bought)} prompts beyond stayed at home", *wrong_bought]))
    assert 1 - len(wrong_home) / CLAIMED >= BAR
    assert 1 - len(wrong_bought) / BEYOND >= BAR
    assert all(reason for _, _, reason in home + bought)

    upstream = sum(route == "upstream" for _, route, _ in home + bought)
    rows = ledger(served.data / "ledger.db")
    assert len(rows) == CLAIMED + BEYOND
    assert sum(cost for _, cost in rows) == upstream * (9 * INPUT + 3 * OUTPUT)
    assert sum(provider == "local" for provider, _ in rows) == CLAIMED + BEYOND - upstream


def ledger(path: Path) -> list[tuple[str, int]]:
    """(provider, cost) of every row."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    rows: list[Any] = db.execute("SELECT provider, cost FROM rows").fetchall()
    db.close()
    return rows


def halfpenny(served: Served, *words: str) -> str:
    """What a command of ours prints about that server."""
    environ = {**os.environ, "HALFPENNY_DATA": str(served.data), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "proxy", *words]
    done = subprocess.run(command, env=environ, cwd=served.data.parent, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_langchain_saves_too_and_the_whole_story_is_told(served: Served) -> None:
    before = saved(served)
    model = ChatOpenAI(model="gpt-4o", base_url=served.url, api_key=served.key, include_response_headers=True)  # type: ignore[arg-type]

    answer = await model.ainvoke("What is 3 times 4?")

    assert "12" in str(answer.content)
    assert saved(served) > before
    id = answer.response_metadata["headers"]["x-request-id"]

    def shown() -> str:
        """Records are written in batches: a moment later than the answer."""
        return halfpenny(served, "requests", "show", id) if id[:12] in halfpenny(served, "requests") else ""

    story = await eventually(shown)
    for told in (id, "gpt-4o", "demo", "expected quality", "P(good)", "saved"):
        assert told in story


def saved(served: Served) -> int:
    """What the ledger says was saved so far, in n$."""
    db = apsw.Connection(str(served.data / "ledger.db"), flags=apsw.SQLITE_OPEN_READONLY)
    rows: list[Any] = db.execute("SELECT baseline - cost FROM rows").fetchall()
    db.close()
    return sum(row[0] for row in rows)
