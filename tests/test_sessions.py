"""Conversations over real sockets: what is continued decides; no short "ok" falls to a model too small for it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.doubles.house import House, house
from tests.doubles.upstream import Upstream

CONFIG = """
providers: {{up: {{dialect: openai, base_url: "{url}", credential: one}}}}
models:
  small: {{provider: up, tier: small, price: free, context: 4000}}
  strong: {{provider: up, tier: strong, price: {{input: $0.10, output: $10}}}}
routing: {{worth: $0.005}}
"""
EASY = "Which animal is a mammal, and what does the heart pump?"
HARD = "Find the order of the factor group (Z_11 x Z_15)/(<1, 1>). Prove each step."
SHORT = ("ok, continue", "yes", "thanks, go on", "and then?", "继续")
Talk = list[dict[str, str]]


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """A free small model of 4,000 tokens, and a priced strong one."""
    async with house(tmp_path, CONFIG.format(url=upstream.base_url)) as served:
        yield served


def talk(*turns: str) -> Talk:
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(turns)]


async def answered(client: httpx.AsyncClient, messages: Talk) -> str:
    body: dict[str, Any] = {"model": "auto", "messages": messages, "max_tokens": 50}
    answer = await client.post("/chat/completions", json=body)
    assert answer.status_code == 200
    return answer.headers["x-halfpenny-model"]


async def test_a_single_easy_and_a_single_hard_question_part_ways(client: httpx.AsyncClient) -> None:
    assert await answered(client, talk(EASY)) == "small"
    assert await answered(client, talk(HARD)) == "strong"


@pytest.mark.parametrize("short", SHORT)
async def test_going_on_stays_with_the_model_of_what_is_continued(client: httpx.AsyncClient, short: str) -> None:
    assert await answered(client, talk(HARD, "First, let G be the group.", short)) == "strong"


@pytest.mark.parametrize("short", SHORT)
async def test_a_session_that_the_small_model_cannot_hold_never_falls_to_it(
    client: httpx.AsyncClient, upstream: Upstream, short: str
) -> None:
    long = talk(EASY, "Blood. " * 3_000, short)
    assert await answered(client, long) == "strong"
    assert upstream.requests[-1].json()["messages"] == long


async def test_a_growing_session_moves_up_once_and_not_to_and_fro(client: httpx.AsyncClient) -> None:
    turns, went = [EASY], list[str]()
    for said in (HARD, *SHORT, "Next part, please.", *SHORT[:2]):
        went.append(await answered(client, talk(*turns)))
        turns += ["It goes like this.", said]
    went.append(await answered(client, talk(*turns)))
    assert went == ["small", *["strong"] * 9]
