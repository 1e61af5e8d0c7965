"""The whole program on the wire: `halfpenny serve` with the demo model, asked by the official SDK and raw sockets."""

import asyncio
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import openai
import pytest

from tests.doubles.eventually import eventually
from tests.doubles.serving import Served, serving

FRANCE: list[openai.types.chat.ChatCompletionMessageParam] = [
    {"role": "user", "content": "What is the capital of France?"}
]
HEAVY = ("torch", "transformers", "llama_cpp", "libllama", "openai", "anthropic", "tiktoken")
MEGABYTES_110 = 110 * 1024


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests of this file that leave it running."""
    with serving(tmp_path_factory.mktemp("served")) as started:
        yield started


@pytest.fixture
def sdk(served: Served) -> Iterator[openai.OpenAI]:
    """The official client, changed by its base URL alone."""
    with openai.OpenAI(base_url=served.url, api_key=served.key, max_retries=0) as client:
        yield client


def test_the_banners_curl_streams_a_true_answer(served: Served) -> None:
    curl = served.banner[served.banner.index("curl ") : served.banner.index("Next")].strip()
    done = subprocess.run(curl.replace("curl ", "curl -s ", 1), shell=True, capture_output=True, text=True).stdout

    events = [json.loads(line[6:]) for line in done.splitlines() if line.startswith("data: {")]
    text = "".join(event["choices"][0]["delta"].get("content", "") for event in events)
    assert text == "The capital of France is Paris."
    assert done.endswith("data: [DONE]\n\n")


def test_a_whole_answer(sdk: openai.OpenAI) -> None:
    answer = sdk.chat.completions.create(model="auto", messages=FRANCE)

    assert answer.choices[0].message.content == "The capital of France is Paris."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 10
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_streamed_answer_with_its_usage(sdk: openai.OpenAI) -> None:
    stream = sdk.chat.completions.create(
        model="demo", messages=FRANCE, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)

    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1])
    assert text == "The capital of France is Paris."
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens > 3


async def test_the_asynchronous_client_asks_several_at_once(served: Served) -> None:
    async with openai.AsyncOpenAI(base_url=served.url, api_key=served.key, max_retries=0) as client:
        asking = [client.chat.completions.create(model="auto", messages=FRANCE) for _ in range(6)]
        answers = await asyncio.gather(*asking)

    assert {answer.choices[0].message.content for answer in answers} == {"The capital of France is Paris."}


def test_models_lists_auto_first(sdk: openai.OpenAI) -> None:
    assert [model.id for model in sdk.models.list()] == ["auto", "demo"]
    assert sdk.models.retrieve("demo").owned_by == "local"
    with pytest.raises(openai.NotFoundError, match="Nearest: demo"):
        sdk.models.retrieve("demos")


def test_errors_are_the_sdks_own_exceptions(served: Served, sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError, match="keys create"):
        sdk.with_options(api_key="sk-hp-wrong").chat.completions.create(model="auto", messages=FRANCE)
    with pytest.raises(openai.NotFoundError) as unknown:
        sdk.chat.completions.create(model="gpt-17", messages=FRANCE)
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError) as negative:
        sdk.chat.completions.create(model="auto", messages=FRANCE, max_tokens=-5)
    assert negative.value.param == "max_tokens"


def test_f11_what_is_not_passed_on_says_so(sdk: openai.OpenAI) -> None:
    asking: list[Callable[[], object]] = [
        lambda: sdk.moderations.create(input="x"),
        lambda: sdk.images.generate(prompt="x", model="demo"),
        lambda: sdk.files.list(),
        lambda: sdk.batches.list(),
    ]
    for ask in asking:
        with pytest.raises(openai.NotFoundError) as raised:
            ask()
        assert raised.value.code == "unsupported_endpoint"


def test_health_metrics_and_the_page(served: Served) -> None:
    base = f"http://127.0.0.1:{served.port}"
    health = httpx.get(f"{base}/health").json()
    assert set(health) == {"status", "models_loaded", "gpu_available", "model_info", "statistics", "version"}
    assert (health["status"], health["models_loaded"]) == ("healthy", ["demo"])
    for path in ("/metrics", "/metrics/"):
        assert "halfpenny_requests_total" in httpx.get(base + path).text
    assert "curl -N" in httpx.get(base + "/").text


def test_the_worker_is_light(served: Served) -> None:
    (worker,) = served.children("proxy.worker")

    mapped = Path(f"/proc/{worker}/maps").read_text()
    status = Path(f"/proc/{worker}/status").read_text()
    resident = int(status.split("VmRSS:")[1].split()[0])
    assert not [name for name in HEAVY if f"/{name}" in mapped]
    assert resident < MEGABYTES_110


def test_a_client_that_leaves_frees_the_engine(served: Served) -> None:
    """Raw sockets: more leavers than the engine has slots, then an answer for who stays."""
    body = json.dumps({"model": "auto", "stream": True, "messages": FRANCE, "max_tokens": 900}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {served.key}\r\n"
    for _ in range(12):
        with socket.create_connection(("127.0.0.1", served.port)) as raw:
            raw.sendall(head.encode() + f"content-length: {len(body)}\r\n\r\n".encode() + body)
            assert raw.recv(64).startswith(b"HTTP/1.1 200")
    client = openai.OpenAI(base_url=served.url, api_key=served.key, max_retries=0)

    answer = client.chat.completions.create(model="auto", messages=FRANCE)

    assert answer.choices[0].message.content == "The capital of France is Paris."
    client.close()


async def test_a_killed_engine_costs_at_most_the_request_in_flight(tmp_path: Path) -> None:
    with serving(tmp_path) as started:
        (engine,) = started.children("providers.engine.worker")
        headers = {"authorization": f"Bearer {started.key}"}
        async with httpx.AsyncClient(base_url=started.url, headers=headers, timeout=30) as client:
            os.kill(engine, signal.SIGKILL)
            answer = await client.post("/chat/completions", json={"model": "auto", "messages": FRANCE})

            assert answer.json()["choices"][0]["message"]["content"] == "The capital of France is Paris."
            assert await eventually(lambda: started.children("providers.engine.worker"))
        assert started.children("providers.engine.worker") != [engine]
