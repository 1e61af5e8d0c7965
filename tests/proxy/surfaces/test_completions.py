"""Completions: the older shape in front of every provider, by the official SDK over real sockets."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest

from providers.errors import CallerError
from proxy.surfaces.completions import LIMIT, Completions
from tests.doubles.answers import DONE, chat_body, chat_events, chunked, response, stream_head, usage
from tests.doubles.eventually import eventually
from tests.doubles.house import INPUT, OUTPUT, House, house
from tests.doubles.upstream import Script, Send, Upstream

CONFIG = """
providers:
  up: {{dialect: openai, base_url: "{url}", credential: upstream-secret}}
  old: {{dialect: openai, base_url: "{url}", credential: upstream-secret, speaks: [chat, completions]}}
models:
  paid: {{provider: up, upstream: upstream-1, price: {{input: $2.50, output: $10}}}}
  instruct: {{provider: old, upstream: instruct-1, price: {{input: $2.50, output: $10}}}}
"""
TOLD = usage(9, 3)
COST = 9 * INPUT + 3 * OUTPUT


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """A proxy before the scripted upstream: `paid` speaks chat alone, `instruct` completions too."""
    async with house(tmp_path, CONFIG.format(url=upstream.base_url)) as served:
        yield served


@pytest.fixture
async def sdk(home: House) -> AsyncIterator[openai.AsyncOpenAI]:
    """The official client."""
    async with openai.AsyncOpenAI(base_url=home.url, api_key=home.key, max_retries=0) as made:
        yield made


async def cost(home: House) -> int:
    """What the one row says, as soon as it is final."""

    def final() -> list[dict[str, Any]]:
        return [found for found in home.rows() if found["state"] == "settled"]

    (found,) = await eventually(final)
    return int(found["cost"])


def native(text: str, *, finish: str | None = "stop", told: Any = None) -> dict[str, Any]:
    """A `text_completion` as an upstream writes it, with a field of its own."""
    choice = {"text": text, "index": 0, "logprobs": None, "finish_reason": finish}
    head = {"id": "cmpl-9", "object": "text_completion", "created": 1, "model": "instruct-1", "odd": [1.50]}
    return {**head, "choices": [choice], **({"usage": told} if told else {})}


def streamed(*values: dict[str, Any]) -> Script:
    """An upstream's stream of such."""
    return script([*(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values), DONE])


def script(events: list[bytes]) -> Script:
    """An upstream's stream, a write for each event."""
    return (Send(stream_head()), *(Send(chunked(event, last=False)) for event in events), Send(chunked()))


async def test_chat_answers_a_prompt(sdk: openai.AsyncOpenAI, upstream: Upstream, home: House) -> None:
    upstream.script(Send(response(chat_body("Paris.", told=TOLD))))

    answer = await sdk.completions.create(model="paid", prompt="The capital of France is", stop=["\n"], n=1)

    assert (answer.object, answer.choices[0].text, answer.choices[0].finish_reason) == (
        "text_completion",
        "Paris.",
        "stop",
    )
    assert answer.usage is not None and answer.usage.total_tokens == 12
    (request,) = upstream.requests
    assert request.path == "/v1/chat/completions"
    asked = request.json()
    assert asked["messages"] == [{"role": "user", "content": "The capital of France is"}]
    assert (asked["max_tokens"], asked["stop"], "prompt" in asked) == (LIMIT, ["\n"], False)
    assert await cost(home) == COST


async def test_chat_streams_a_prompt(sdk: openai.AsyncOpenAI, upstream: Upstream, home: House) -> None:
    upstream.script(*script(chat_events(["Pa", "ris."], told=TOLD)))

    asking = await sdk.completions.create(
        model="paid", prompt="The capital is ", stream=True, echo=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in asking]

    said = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert "".join(choice.text for choice in said) == "The capital is Paris."
    assert [choice.finish_reason for choice in said if choice.finish_reason] == ["stop"]
    assert [chunk.usage.total_tokens for chunk in chunks if chunk.usage] == [12]
    assert await cost(home) == COST


async def test_an_upstream_that_speaks_it_is_asked_as_it_came(
    sdk: openai.AsyncOpenAI, upstream: Upstream, home: House
) -> None:
    upstream.script(Send(response(json.dumps(native("b", told=TOLD)).encode())))

    answer = await sdk.completions.create(model="instruct", prompt=["a", "c"], suffix="c", best_of=2, max_tokens=7)

    assert answer.choices[0].text == "b"
    assert answer.model_dump()["odd"] == [1.5]
    (request,) = upstream.requests
    asked = request.json()
    assert request.path == "/v1/completions"
    assert (asked["model"], asked["prompt"], asked["suffix"], asked["max_tokens"]) == ("instruct-1", ["a", "c"], "c", 7)
    assert await cost(home) == COST


async def test_its_stream_passes_verbatim(sdk: openai.AsyncOpenAI, upstream: Upstream, home: House) -> None:
    upstream.script(*streamed(native("b", finish=None), native("c"), {**native("", told=TOLD), "choices": []}))

    asking = await sdk.completions.create(model="instruct", prompt="a", stream=True)
    chunks = [chunk async for chunk in asking]

    assert [chunk.choices[0].text for chunk in chunks] == ["b", "c"]
    assert chunks[0].model_dump()["odd"] == [1.5]
    assert upstream.requests[0].json()["stream_options"] == {"include_usage": True}
    assert await cost(home) == COST


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"prompt": [1, 2]}, "prompt"),
        ({"suffix": "z"}, "suffix"),
        ({"best_of": 3}, "best_of"),
        ({"echo": True, "logprobs": 1}, "echo"),
    ],
)
async def test_what_chat_cannot_say_is_refused_by_name(
    sdk: openai.AsyncOpenAI, upstream: Upstream, fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        await sdk.completions.create(**{"model": "paid", "prompt": "a", **fields})
    assert (raised.value.param, upstream.requests) == (param, [])


@pytest.mark.parametrize(
    "body", [b"{}", b'{"model":"m","prompt":{}}', b'{"model":"m","prompt":"a","n":0}', b'{"model":"m","logprobs":6}']
)
def test_what_openai_refuses_is_refused(body: bytes) -> None:
    with pytest.raises(CallerError):
        Completions().read(body)


async def test_log_probabilities_in_the_older_shape(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    told = json.loads(chat_body("Paris."))
    top = {"token": "Pa", "logprob": -0.5, "bytes": None}
    entries = [{**top, "top_logprobs": [top]}, {"token": "ris.", "logprob": -1.0, "top_logprobs": []}]
    told["choices"][0]["logprobs"] = {"content": entries}
    upstream.script(Send(response(json.dumps(told).encode())))

    answer = await sdk.completions.create(model="paid", prompt="a", logprobs=1)

    found = answer.choices[0].logprobs
    assert found is not None
    assert (found.tokens, found.token_logprobs, found.text_offset) == (["Pa", "ris."], [-0.5, -1.0], [0, 2])
    assert found.top_logprobs == [{"Pa": -0.5}, {}]
    asked = upstream.requests[0].json()
    assert (asked["logprobs"], asked["top_logprobs"]) == (True, 1)
