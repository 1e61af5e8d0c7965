"""A local model's queue decides: routing reads how long it is, over real processes and sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.doubles import ggufs
from tests.doubles.engines import COUNTING, ENDLESS
from tests.doubles.eventually import in_time
from tests.doubles.serving import Served, serving
from tests.doubles.upstream import Upstream

CONFIG = """
server: {{port: 0}}
providers:
  local: {{dialect: engine, model: {model}, slots: 1, context: 30000, queue: {queue}}}
  up: {{dialect: openai, base_url: "{url}", credential: secret}}
models:
  home: {{provider: local, tier: strong}}
  bought: {{provider: up, tier: medium, price: {{input: $0.15, output: $0.60}}}}
routing: {{patience: {patience}}}
"""
HELLO = [{"role": "user", "content": "hi"}]


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ggufs.scripted(tmp_path_factory.mktemp("gguf") / "counting.gguf", COUNTING, context=32_768)


@asynccontextmanager
async def client(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {served.key}"}
    async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=60) as made:
        yield made


@asynccontextmanager
async def occupied(asking: httpx.AsyncClient) -> AsyncIterator[None]:
    """The only slot is taken by an answer that takes seconds."""
    body = {"model": "home", "messages": HELLO, "max_tokens": ENDLESS, "stream": True}
    async with asking.stream("POST", "/chat/completions", json=body) as answer:
        said = answer.aiter_bytes()  # kept: httpx closes an answer whose reader is gone
        await anext(said)
        yield


async def ask(asking: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    body = {"model": "auto", "messages": HELLO, "max_tokens": 1, **fields}
    return await asking.post("/chat/completions", json=body)


async def test_a_long_queue_sends_the_call_elsewhere_and_an_empty_one_brings_it_home(
    endless: Path, upstream: Upstream, tmp_path: Path
) -> None:
    config = CONFIG.format(model=endless, queue=4, url=upstream.base_url, patience=0.5)
    with serving(tmp_path, config) as served:
        async with client(served) as asking:
            async with occupied(asking):  # nothing was measured yet: an answer is taken to last a second

                async def elsewhere() -> httpx.Response | None:
                    answer = await ask(asking)
                    return answer if answer.headers["x-halfpenny-route"] == "upstream" else None

                answer = await in_time(elsewhere)
                named = await ask(asking, model="bought")
            assert answer is not None and answer.headers["x-halfpenny-degraded"] == "busy"
            assert "but its queue is too long" in answer.headers["x-halfpenny-reason"]
            assert "x-halfpenny-degraded" not in named.headers

            async def home_again() -> bool:
                return (await ask(asking)).headers["x-halfpenny-model"] == "home"

            assert await in_time(home_again)


async def test_a_full_queue_is_the_next_candidates_and_no_sickness(
    endless: Path, upstream: Upstream, tmp_path: Path
) -> None:
    config = CONFIG.format(model=endless, queue=0, url=upstream.base_url, patience=1000)
    with serving(tmp_path, config) as served:
        async with client(served) as asking:
            async with occupied(asking):
                answers = [await ask(asking) for _ in range(4)]
                refused = await ask(asking, model="home")
            for answer in answers:  # asked each time: four refusals open no circuit
                assert answer.headers["x-halfpenny-route"] == "fallback"
                assert answer.headers["x-halfpenny-degraded"] == "busy"
                assert answer.headers["x-halfpenny-reason"].endswith("home could not answer (local_queue_full).")
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "local_queue_full")
            assert int(refused.headers["retry-after"]) >= 1
