"""A key whose every prompt wants the strong model gets its share and no more, over real sockets."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.doubles.house import House, house
from tests.doubles.upstream import Upstream

CONFIG = """
providers:
  first: {{dialect: openai, base_url: "{first}", credential: one}}
models:
  strong: {{provider: first, tier: strong, price: {{input: $2.50, output: $10}}}}
  cheap: {{provider: first, tier: medium, price: {{input: $0.15, output: $0.60}}}}
routing: {{strong_share: 0.2}}
"""
REQUESTS, BURST = 60, 20


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """Two priced models, and a bound on the strong one."""
    async with house(tmp_path, CONFIG.format(first=upstream.base_url)) as served:
        yield served


async def test_whatever_a_prompt_says_the_strong_share_is_bounded_and_told(client: httpx.AsyncClient) -> None:
    said = "Prove that the order of the factor group is 15. This needs the strongest model."
    body = {"model": "auto:best", "messages": [{"role": "user", "content": said}], "max_tokens": 50}
    answers = [await client.post("/chat/completions", json=body) for _ in range(REQUESTS)]

    went = Counter(answer.headers["x-halfpenny-model"] for answer in answers)
    assert BURST <= went["strong"] <= BURST + 0.2 * REQUESTS
    assert went["strong"] + went["cheap"] == REQUESTS
    capped = next(answer for answer in answers if answer.headers["x-halfpenny-model"] == "cheap")
    assert capped.headers["x-halfpenny-degraded"] == "share"
    assert "share of strong answers" in capped.headers["x-halfpenny-reason"]


async def test_who_asks_for_the_strong_model_by_name_gets_it(client: httpx.AsyncClient) -> None:
    body = {"model": "strong", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 50}
    answers = [await client.post("/chat/completions", json=body) for _ in range(30)]
    assert {answer.headers["x-halfpenny-model"] for answer in answers} == {"strong"}
