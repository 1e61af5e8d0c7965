"""The small-model service's protocol: one prompt out, one text in, under whatever name."""

import json
from pathlib import Path
from typing import Any

import msgspec
import openai
import pytest

from providers.dialects.slm import Slm
from providers.errors import Broken, CallerError, Unauthorised
from providers.words import Call, Event, Sent
from proxy.surfaces.chat import Chat
from tests.doubles.answers import response
from tests.doubles.house import house
from tests.doubles.upstream import Send, Upstream

HI: list[Any] = [{"role": "user", "content": "Hello"}]
UPSTREAM = Slm(base_url="https://me-slm.hf.space")


def call(messages: list[Any] | None = None, **fields: Any) -> Call:
    return Chat().read(msgspec.json.encode({"model": "m", "messages": messages or HI, **fields}))


def asked(messages: list[Any] | None = None, **fields: Any) -> dict[str, str]:
    made = UPSTREAM.request(call(messages, **fields), Sent("m", credential="secret"))
    assert (made.method, made.path) == ("POST", "/generate")
    assert ("authorization", "Bearer secret") in made.headers
    told: dict[str, str] = json.loads(made.body)
    return told


def heard(body: bytes) -> Event:
    reader = UPSTREAM.reader(call())
    reader.feed(body)
    (event,) = reader.end()
    return event


def test_a_prompt_and_its_topic() -> None:
    assert asked(max_tokens=5) == {"prompt": "Hello", "topic": "general"}
    assert asked(metadata={"topic": "greeting"})["topic"] == "greeting"


def test_a_conversation_is_a_transcript() -> None:
    system = {"role": "system", "content": "Be brief."}
    assert asked([system, *HI])["prompt"] == "system: Be brief.\nuser: Hello\nassistant:"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [{"type": "function", "function": {"name": "x"}}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"n": 2}, "n"),
        ({"stop": "END"}, "stop"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "messages"),
        ({"messages": [{"role": "user", "content": ""}]}, "messages"),
    ],
)
def test_what_a_prompt_cannot_say_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(CallerError) as raised:
        asked(fields.pop("messages", None), **fields)
    assert raised.value.param == param


@pytest.mark.parametrize("name", ["text", "response", "answer", "output", "generated_text", "completion"])
def test_the_answers_name_does_not_matter(name: str) -> None:
    assert heard(json.dumps({name: "Hi é.", "model": "tiny"}).encode()).text == "Hi é."


def test_a_bare_string_is_an_answer() -> None:
    event = heard(b'"Hi."')
    assert (event.text, event.finish) == ("Hi.", "stop")


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"text": 5}', b"<html>", b"null"])
def test_f25_what_is_no_answer_is_broken(body: bytes) -> None:
    with pytest.raises(Broken):
        heard(body)


def test_a_wrong_token() -> None:
    assert isinstance(UPSTREAM.failure(401, {}, b'{"detail":"Invalid token"}'), Unauthorised)


async def test_the_sdk_streams_from_a_service_that_does_not(upstream: Upstream, tmp_path: Path) -> None:
    config = """
providers:
  edge: {{dialect: slm, base_url: "{url}", credential: upstream-secret}}
models:
  small: {{provider: edge, price: free}}
"""
    upstream.script(Send(response(b'{"response": "Hello there."}')))
    async with (
        house(tmp_path, config.format(url=upstream.base_url)) as home,
        openai.AsyncOpenAI(base_url=home.url, api_key=home.key, max_retries=0) as sdk,
    ):
        asking = await sdk.chat.completions.create(model="small", messages=HI, stream=True)
        said = [chunk.choices[0].delta.content or "" async for chunk in asking if chunk.choices]
    assert "".join(said) == "Hello there."
    (request,) = upstream.requests
    assert (request.path, request.headers["authorization"]) == ("/v1/generate", "Bearer upstream-secret")
