"""Tier 1 on the serving path, over real sockets: an encoder's vector moves the choice, its silence moves nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from msgspec import structs

from proxy.config.load import parse
from proxy.config.report import ConfigError
from proxy.places import socket_path
from proxy.records import FILE as RECORDS
from proxy.records import newest
from routing.classifier.embedded import load
from routing.signals import EMBEDDED
from tests.doubles.eventually import eventually, in_time
from tests.doubles.house import House, house
from tests.doubles.scripted_encoder import READY, ScriptedEncoder, scripted_encoder
from tests.doubles.upstream import Upstream

CONFIG = """
providers:
  up: {{dialect: openai, base_url: "{url}", credential: one}}
  minilm: {{dialect: encoder}}
models:
  small: {{provider: up, tier: small, price: free}}
  strong: {{provider: up, tier: strong, price: {{input: $2.50, output: $10}}}}
routing: {{encoder: {encoder}, deadline_ms: {deadline}, worth: $0.20}}
"""
HEAD = load(EMBEDDED)
MINILM = structs.replace(READY, name=HEAD.encoder, width=len(HEAD.weights))
EASY = (HEAD.weights / np.linalg.norm(HEAD.weights)).astype("<f4")
TEXT = "Which animal is a mammal, and what does the heart pump?"


@pytest.fixture
async def encoder(tmp_path: Path) -> AsyncIterator[ScriptedEncoder]:
    """It stands where the supervisor would have put one."""
    async with scripted_encoder(socket_path(tmp_path, "minilm"), MINILM) as served:
        served.vector = EASY.tobytes()
        yield served


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path, encoder: ScriptedEncoder) -> AsyncIterator[House]:
    """With an encoder that has a second to answer: nothing here is about speed."""
    async with house(tmp_path, CONFIG.format(url=upstream.base_url, encoder="minilm", deadline=1000)) as served:
        yield served


async def explained(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post("/query-classify?explain=1", json={"text": TEXT})
    found: dict[str, Any] = answer.json()
    return found


async def chosen(client: httpx.AsyncClient) -> str:
    body = {"model": "auto", "messages": [{"role": "user", "content": TEXT}], "max_tokens": 50}
    answer = await client.post("/chat/completions", json=body)
    assert answer.status_code == 200
    return answer.headers["x-halfpenny-model"]


async def told(client: httpx.AsyncClient, outcome: str) -> float:
    text = (await client.get(str(client.base_url).replace("/v1/", "/metrics"))).text
    begins = f'halfpenny_routing_encoder_total{{outcome="{outcome}"}} '
    return float(next(line for line in text.splitlines() if line.startswith(begins)).removeprefix(begins))


async def heard(client: httpx.AsyncClient) -> bool:
    """Whether the connection is there."""
    await explained(client)
    return await told(client, "heard") > 0


async def test_the_vector_moves_the_choice(client: httpx.AsyncClient, encoder: ScriptedEncoder) -> None:
    await in_time(lambda: heard(client))
    assert await chosen(client) == "small"
    easy = (await explained(client))["p_good"]["small"]
    encoder.vector = (-EASY).tobytes()
    assert await chosen(client) == "strong"
    assert (await explained(client))["p_good"]["small"] < easy - 0.2
    assert {each.texts for each in encoder.asked} == {(TEXT,)}


async def test_the_topic_is_the_nearest_by_vectors_or_by_words_without_one(
    upstream: Upstream, tmp_path: Path, encoder: ScriptedEncoder
) -> None:
    """All vectors of this encoder are the same, so by them every topic is as near; by words the text is of animals."""
    config = CONFIG.format(url=upstream.base_url, encoder="minilm", deadline=1000)
    topics = "routing: {topics: {stars: moon orbit comet, animals: mammal heart bird},"
    async with (
        house(tmp_path, config.replace("routing: {", topics)) as home,
        httpx.AsyncClient(base_url=home.url, headers={"authorization": f"Bearer {home.key}"}) as client,
    ):

        async def topic(hint: str | None = None) -> Any:
            body = {"text": TEXT, "topic_hint": hint}
            return (await client.post("/query-classify?explain=1", json=body)).json()["topic"]

        async def by_vectors() -> bool:
            return bool(await topic() == "stars")

        await in_time(by_vectors)
        assert await topic("animals") == "animals"
        assert ("stars: moon orbit comet",) in {each.texts for each in encoder.asked}
        encoder.behave("refuse")
        assert await topic() == "animals"


async def test_who_names_a_model_asks_no_encoder(client: httpx.AsyncClient, encoder: ScriptedEncoder) -> None:
    await in_time(lambda: heard(client))
    before = len(encoder.asked)
    body = {"model": "strong", "messages": [{"role": "user", "content": TEXT}], "max_tokens": 50}
    assert (await client.post("/chat/completions", json=body)).status_code == 200
    assert len(encoder.asked) == before


@pytest.mark.parametrize("manner", ["silence", "refuse"])
async def test_an_encoder_without_an_answer_leaves_tier_0(
    upstream: Upstream, tmp_path: Path, encoder: ScriptedEncoder, manner: Any
) -> None:
    found = []
    for name in ("off", "minilm"):
        folder = tmp_path if name == "minilm" else tmp_path / name
        folder.mkdir(exist_ok=True)
        async with (
            house(folder, CONFIG.format(url=upstream.base_url, encoder=name, deadline=1000)) as home,
            httpx.AsyncClient(base_url=home.url, headers={"authorization": f"Bearer {home.key}"}) as client,
        ):
            if name == "minilm":
                await in_time(lambda client=client: heard(client))  # type: ignore[misc]
                encoder.behave(manner)
            found.append((await explained(client))["p_good"])
            if name == "minilm":
                assert await told(client, "late" if manner == "silence" else "failed") == 1
                await eventually(lambda: manner == "refuse" or encoder.cancelled)
    assert found[0] == found[1]


async def test_the_record_says_which_tier_read(client: httpx.AsyncClient, home: House) -> None:
    await in_time(lambda: heard(client))
    await chosen(client)

    path = home.data / RECORDS
    (record,) = await eventually(lambda: newest(path, 1))
    assert record.opinion.tier == 1


def test_the_encoder_must_be_one_of_the_configuration_s() -> None:
    for name, why in (("up", "there is no local encoder `up`"), ("minilmm", "minilm")):
        with pytest.raises(ConfigError, match=why):
            parse(CONFIG.format(url="http://127.0.0.1:9/v1", encoder=name, deadline=25), {}, "config.yaml")
    with pytest.raises(ConfigError, match="deadline_ms"):
        parse(CONFIG.format(url="http://127.0.0.1:9/v1", encoder="minilm", deadline=0), {}, "config.yaml")
