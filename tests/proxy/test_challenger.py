"""The challenger's file of outcomes: rows are learned as they are appended; its opinion is noted, and not followed."""

import logging
from pathlib import Path

import httpx
import pytest
from msgspec import json

from proxy.challenger import ENOUGH, Challenger
from proxy.record import Opinion
from proxy.records import FILE as RECORDS
from proxy.records import newest
from routing.classifier.features import features
from routing.classifier.neighbours import hashed
from routing.classifier.rows import user
from tests.doubles.eventually import in_time
from tests.doubles.house import PRICED, house
from tests.doubles.upstream import Upstream

SUM, POEM = "What is the sum of {n} and 7?", "Write a poem about river number {n}."


def rows(text: str, good: int, count: int = 30) -> list[bytes]:
    return [
        json.encode({"prompt": text.format(n=n), "weak_correct": good, "strong_correct": 1}) + b"\n"
        for n in range(count)
    ]


def says(challenger: Challenger, text: str) -> float:
    return challenger.neighbours.read(hashed(features(user(text))))[0]


async def test_what_is_appended_is_learned(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.jsonl"
    path.write_bytes(b"".join(rows(SUM, 1)))
    challenger = Challenger(path)
    await challenger.look()
    assert says(challenger, SUM.format(n=99)) > 0.9
    with path.open("ab") as file:
        *whole, last = rows(POEM, 0)
        file.write(b"".join(whole) + last[:10])
    await challenger.look()
    assert len(challenger.neighbours) == 59, "half a line waits for its end"
    assert says(challenger, POEM.format(n=99)) < 0.3 < 0.7 < says(challenger, SUM.format(n=99))
    with path.open("ab") as file:
        file.write(last[10:])
    await challenger.look()
    assert len(challenger.neighbours) == 60


async def test_of_several_models_the_weakest_is_learned(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.jsonl"
    lines = [json.encode({"prompt": SUM.format(n=n), "scores": {"mini": n % 2, "large": 1}}) for n in range(ENOUGH)]
    path.write_bytes(b"\n".join([*lines, b""]))
    challenger = Challenger(path)
    await challenger.look()
    assert len(challenger.neighbours) == ENOUGH
    assert 0.3 < says(challenger, SUM.format(n=99)) < 0.7


async def test_lines_that_are_no_outcomes_and_a_missing_file_are_told_and_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outcomes.jsonl"
    challenger = Challenger(path)
    with caplog.at_level(logging.WARNING):
        await challenger.look()
        await challenger.look()
        path.write_bytes(b"no json\n" + b"".join(rows(SUM, 1)))
        await challenger.look()
    assert len(challenger.neighbours) == 30
    first, second = caplog.messages
    assert "cannot be read" in first and "no outcome" in second


async def test_a_file_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.jsonl"
    path.write_bytes(b"".join(rows(SUM, 1)))
    challenger = Challenger(path)
    await challenger.look()
    (tmp_path / "new").write_bytes(b"".join(rows(POEM, 0)))
    (tmp_path / "new").replace(path)
    await challenger.look()
    assert len(challenger.neighbours) == 60


async def test_its_opinion_is_noted_and_the_decision_stays(upstream: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "outcomes.jsonl"
    path.write_bytes(b"".join(rows(SUM, 0)))
    for name in ("with", "without"):
        (tmp_path / name).mkdir()
    without = await opinion(upstream, tmp_path / "without", "")
    noted = await opinion(upstream, tmp_path / "with", str(path))
    assert (without.challenger, noted.good) == (None, without.good)
    assert noted.challenger is not None
    assert noted.challenger < 0.3


async def opinion(upstream: Upstream, folder: Path, challenger: str) -> Opinion:
    """What the record of a request says, once the file has been learned."""
    config = f'{PRICED.format(url=upstream.base_url)}\nrouting: {{challenger: "{challenger}"}}\n'
    body = {"model": "auto", "messages": [{"role": "user", "content": SUM.format(n=9)}], "max_tokens": 50}
    async with house(folder, config) as home, httpx.AsyncClient(base_url=home.url) as client:
        client.headers["authorization"] = f"Bearer {home.key}"

        async def noted() -> list[Opinion]:
            assert (await client.post("/chat/completions", json=body)).status_code == 200
            found = [record.opinion for record in newest(home.data / RECORDS, 1)]
            return [each for each in found if not challenger or each.challenger not in (None, 0.5)]

        return (await in_time(noted))[0]
