"""Embeddings on the wire: MiniLM in the real program, upstreams by name, money to the nano-dollar."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from providers.minilm import MODEL_PATH
from tests.doubles import answers
from tests.doubles.encoders import known, likeness, needs_vocabularies
from tests.doubles.eventually import eventually
from tests.doubles.house import House, house
from tests.doubles.serving import Served, serving
from tests.doubles.upstream import Send, Upstream, refusal

needs_minilm = pytest.mark.skipif(not MODEL_PATH.exists(), reason="MiniLM is not installed: make minilm")
LOCAL = """
server: {port: 0}
providers:
  encoder: {dialect: encoder, model: minilm, threads: 1}
models:
  all-minilm-l6-v2: {provider: encoder}
"""
UPSTREAM = """
providers:
  openai: {{dialect: openai, base_url: "{url}", credential: upstream-secret}}
  encoder: {{dialect: encoder, model: {model}}}
models:
  text-embedding-3-small: {{provider: openai}}
  gpt-4o: {{provider: openai}}
  home: {{provider: encoder}}
"""
PER_TOKEN = 20
"""n$: $0.02 a million tokens."""
FRANCE = [{"role": "user", "content": "What is the capital of France?"}]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests of this file that leave it running."""
    with serving(tmp_path_factory.mktemp("served"), LOCAL) as started:
        yield started


@pytest.fixture
def sdk(served: Served) -> Iterator[openai.OpenAI]:
    """The official client, changed by its base URL alone."""
    with openai.OpenAI(base_url=served.url, api_key=served.key, max_retries=0) as client:
        yield client


@needs_minilm
@pytest.mark.parametrize("model", ["auto", "all-minilm-l6-v2", "encoder/all-minilm-l6-v2"])
def test_the_official_client_gets_the_references_vectors_in_order(sdk: openai.OpenAI, model: str) -> None:
    cases = known()
    answer = sdk.embeddings.create(model=model, input=[case.text for case in cases])

    assert [each.index for each in answer.data] == list(range(len(cases)))
    for each, case in zip(answer.data, cases, strict=True):
        assert likeness(each.embedding, case.vector) > 0.9999, case.text
    assert answer.model == "all-minilm-l6-v2"
    assert answer.usage.prompt_tokens == answer.usage.total_tokens == sum(case.tokens for case in cases)


@needs_minilm
def test_floats_and_base64_are_the_same_numbers(sdk: openai.OpenAI) -> None:
    coded = sdk.embeddings.create(model="auto", input="naïve café")
    plain = sdk.embeddings.create(model="auto", input="naïve café", encoding_format="float", dimensions=384)

    assert plain.data[0].embedding == coded.data[0].embedding
    assert len(plain.data[0].embedding) == 384


@needs_minilm
async def test_many_at_once_get_their_own(served: Served) -> None:
    cases = known()
    async with openai.AsyncOpenAI(base_url=served.url, api_key=served.key, max_retries=0) as client:
        asking = [client.embeddings.create(model="auto", input=case.text) for case in cases]
        found = await asyncio.gather(*asking)

    for answer, case in zip(found, cases, strict=True):
        assert likeness(answer.data[0].embedding, case.vector) > 0.9999
        assert answer.usage.prompt_tokens == case.tokens


@needs_minilm
@pytest.mark.parametrize(
    ("param", "code", "fields"),
    [
        ("input", "context_length_exceeded", {"input": ["hi", "hello " * 511]}),
        ("input", "invalid_value", {"input": ""}),
        ("input", "invalid_value", {"input": ["hi", [1]]}),
        ("dimensions", "invalid_value", {"dimensions": 385}),
        ("encoding_format", "invalid_value", {"encoding_format": "int8"}),
        ("model", "model_not_found", {"model": "all-minilm-l7"}),
    ],
)
def test_errors_name_the_field(sdk: openai.OpenAI, param: str, code: str, fields: dict[str, Any]) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        sdk.embeddings.create(**{"model": "auto", "input": "hi", **fields})
    assert (refused.value.param, refused.value.code) == (param, code)
    assert refused.value.status_code == (404 if param == "model" else 400)


@needs_minilm
def test_a_chat_is_refused_by_an_embedding_model(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="is for embeddings, not for chat") as refused:
        sdk.chat.completions.create(model="all-minilm-l6-v2", messages=FRANCE)  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.param) == ("unsupported_feature", "model")


@needs_minilm
@needs_vocabularies
def test_token_arrays_are_the_texts_they_say(sdk: openai.OpenAI) -> None:
    text = sdk.embeddings.create(model="auto", input=["hello world", "bye"])
    tokens = sdk.embeddings.create(model="auto", input=[[15339, 1917], [29474]])
    one = sdk.embeddings.create(model="auto", input=[15339, 1917])

    assert tokens.data[0].embedding == pytest.approx(text.data[0].embedding, abs=1e-3)
    assert one.data[0].embedding == pytest.approx(text.data[0].embedding, abs=1e-3)
    assert tokens.usage == text.usage
    with pytest.raises(openai.BadRequestError, match="999999 is no token of cl100k_base") as refused:
        sdk.embeddings.create(model="auto", input=[999999])
    assert (refused.value.param, refused.value.code) == ("input", "invalid_value")


@needs_minilm
def test_dimensions_are_the_first_numbers_of_length_one(sdk: openai.OpenAI) -> None:
    whole = sdk.embeddings.create(model="auto", input="naïve").data[0].embedding
    short = sdk.embeddings.create(model="auto", input="naïve", dimensions=64).data[0].embedding
    assert len(short) == 64
    assert likeness(short, whole[:64]) == pytest.approx(1)
    assert sum(number * number for number in short) == pytest.approx(1, abs=1e-5)


@needs_minilm
def test_what_was_asked_before_comes_from_the_cache_and_counts_the_same(served: Served) -> None:
    headers = {"authorization": f"Bearer {served.key}"}

    def ask(*texts: str, **more: str) -> httpx.Response:
        body = {"model": "auto", "input": list(texts)}
        return httpx.post(f"{served.url}/embeddings", json=body, headers={**headers, **more}, timeout=30)

    first, again, partly = ask("one", "two"), ask("two", "one"), ask("two", "three")
    assert [answer.headers["x-halfpenny-route"] for answer in (first, again, partly)] == ["local", "cache", "local"]
    assert first.json()["usage"] == again.json()["usage"]
    assert [each["embedding"] for each in first.json()["data"]] == [
        each["embedding"] for each in reversed(again.json()["data"])
    ]
    assert float(again.headers["x-halfpenny-cost-usd"]) == 0
    unkept = {"x-halfpenny-no-store": "true"}
    assert [ask("four", **unkept).headers["x-halfpenny-route"] for _ in range(2)] == ["local", "local"]


@needs_minilm
async def test_a_killed_encoder_starts_again_and_the_call_waits(tmp_path: Path) -> None:
    with serving(tmp_path, LOCAL) as started:
        (encoder,) = started.children("providers.engine.worker")
        headers = {"authorization": f"Bearer {started.key}"}
        async with httpx.AsyncClient(base_url=started.url, headers=headers, timeout=30) as client:
            os.kill(encoder, signal.SIGKILL)
            answer = await client.post("/embeddings", json={"model": "auto", "input": "hi"})

            assert len(answer.json()["data"][0]["embedding"]) == 384
            assert await eventually(lambda: started.children("providers.engine.worker"))
        assert started.children("providers.engine.worker") != [encoder]


@pytest.fixture
def config(upstream: Upstream, tmp_path: Path) -> str:
    return UPSTREAM.format(url=upstream.base_url, model=tmp_path / "none.gguf")


async def post(home: House, **fields: Any) -> httpx.Response:
    """Ask for embeddings."""
    headers = {"authorization": f"Bearer {home.key}"}
    async with httpx.AsyncClient(base_url=home.url, headers=headers, timeout=30) as client:
        return await client.post("/embeddings", json={"model": "text-embedding-3-small", "input": "hi", **fields})


async def test_an_upstream_by_name_costs_what_it_says(upstream: Upstream, tmp_path: Path, config: str) -> None:
    upstream.script(Send(answers.response(answers.embeddings_body([[0.6, 0.8]], model="te-3", prompt=41))))
    async with house(tmp_path, config) as home:
        answer = await post(home, input=[[15339, 1917], [3]], dimensions=2, encoding_format="float")
        (row,) = home.rows()

    assert upstream.requests[0].path == "/v1/embeddings"
    assert upstream.requests[0].json() == {
        "model": "text-embedding-3-small",
        "input": [[15339, 1917], [3]],
        "dimensions": 2,
        "encoding_format": "float",
    }
    assert answer.json()["data"] == [{"object": "embedding", "index": 0, "embedding": [0.6, 0.8]}]
    assert answer.json()["usage"] == {"prompt_tokens": 41, "total_tokens": 41, "cost": 0.00000082}
    assert answer.headers["x-halfpenny-cost-usd"] == "0.00000082"
    assert (row["state"], row["cost"], row["input"], row["output"]) == ("settled", 41 * PER_TOKEN, 41, 0)


async def test_the_hold_is_the_bytes_at_the_price_of_input(upstream: Upstream, tmp_path: Path, config: str) -> None:
    rule = "budgets:\n  - {name: tiny, window: day, limit: $0.00001}\n"
    async with house(tmp_path, config + rule) as home:
        fits = await post(home, input="x" * 300)
        refused = await post(home, input="x" * 600)
        (row,) = home.rows()

    size = len(upstream.requests[0].body)
    assert row["amount"] == pytest.approx(size * PER_TOKEN, abs=10 * PER_TOKEN)
    assert fits.status_code == 200
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "insufficient_quota"
    assert len(upstream.requests) == 1


async def test_an_upstreams_refusal_passes_and_costs_nothing(upstream: Upstream, tmp_path: Path, config: str) -> None:
    upstream.script(*refusal("400 Bad Request", answers.error_body("too many dimensions", param="dimensions")))
    async with house(tmp_path, config) as home:
        answer = await post(home, dimensions=9999)
        (row,) = home.rows()

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "dimensions")
    assert (row["state"], row["cost"]) == ("void", 0)


async def test_a_chat_model_makes_no_vectors_and_no_row(upstream: Upstream, tmp_path: Path, config: str) -> None:
    async with house(tmp_path, config) as home:
        answer = await post(home, model="gpt-4o")
        assert home.rows() == []

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "model")
    assert upstream.requests == []


async def test_a_local_model_that_is_not_there_names_the_fix(tmp_path: Path, config: str) -> None:
    async with house(tmp_path, config) as home:
        for model in ("auto", "home"):
            answer = await post(home, model=model)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "local_model_missing")
            assert "make minilm" in answer.json()["error"]["message"]
            assert answer.headers["x-should-retry"] == "false"


async def test_auto_never_buys_other_vectors(upstream: Upstream, tmp_path: Path, config: str) -> None:
    without = config.replace("  home: {provider: encoder}\n", "")
    async with house(tmp_path, without) as home:
        answer = await post(home, model="auto")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert upstream.requests == []
