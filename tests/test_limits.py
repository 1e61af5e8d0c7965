"""Limits as a client meets them: OpenAI's headers on every answer, its 429, and room given back at any end."""

import asyncio
import json
from pathlib import Path

import httpx
import openai
import pytest

from tests.doubles import answers
from tests.doubles.eventually import eventually
from tests.doubles.house import PRICED, House, house
from tests.doubles.upstream import Hang, Pause, Reset, Script, Send, Upstream, chat_stream, refusal

BODY = b'{"model":"paid","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}'
INPUT = -(-len(BODY) // 4)
FREE = "  free: {{provider: up, upstream: upstream-2, price: free}}\n"


def limited(upstream: Upstream, *limits: str) -> str:
    """A configuration with these limits."""
    return PRICED.format(url=upstream.base_url) + FREE.format() + "limits:\n" + "".join(f"  - {x}\n" for x in limits)


def client(home: House) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=home.url, headers={"authorization": f"Bearer {home.key}"}, timeout=30)


def told(reply: httpx.Response) -> dict[str, str]:
    """The headers about limits, by what follows `x-ratelimit-`."""
    return {name[12:]: value for name, value in reply.headers.items() if name.startswith("x-ratelimit-")}


async def test_the_official_sdk_reads_headers_and_refusal(upstream: Upstream, tmp_path: Path) -> None:
    config = limited(upstream, "{name: each, per_key: true, requests_per_minute: 2, tokens_per_minute: 1000}")
    async with house(tmp_path, config) as home:
        sdk = openai.AsyncOpenAI(base_url=home.url, api_key=home.key, max_retries=0)
        ask = sdk.chat.completions.with_raw_response.create
        first = await ask(model="paid", messages=[{"role": "user", "content": "hi"}], max_tokens=100)
        streamed = await ask(model="paid", messages=[{"role": "user", "content": "hi"}], stream=True)
        async for _ in streamed.parse():
            pass
        with pytest.raises(openai.RateLimitError) as refused:
            await ask(model="paid", messages=[{"role": "user", "content": "hi"}])
        await sdk.close()

    assert first.headers["x-ratelimit-limit-requests"] == "2"
    assert first.headers["x-ratelimit-remaining-requests"] == "1"
    assert first.headers["x-ratelimit-reset-requests"] == "30s"
    assert first.headers["x-ratelimit-limit-tokens"] == "1000"
    assert 850 < int(first.headers["x-ratelimit-remaining-tokens"]) < 900
    assert first.headers["x-ratelimit-reset-tokens"].endswith("s")
    assert streamed.headers["x-ratelimit-remaining-requests"] == "0"
    assert 900 < int(streamed.headers["x-ratelimit-remaining-tokens"]) < 1000
    error = refused.value
    assert (error.status_code, error.code, error.type) == (429, "rate_limit_exceeded", "requests")
    assert "Rate limit reached for limit 'each/tester' on requests per min (RPM): Limit 2, Used 2" in str(error)
    assert error.response.headers["x-should-retry"] == "true"
    assert 25_000 < int(error.response.headers["retry-after-ms"]) <= 30_000
    assert 25 <= int(error.response.headers["retry-after"]) <= 30
    assert "policy_limit" in home.log.read_text()
    assert len(home.rows()) == 2


async def test_requests_are_refused_before_their_body_is_read(upstream: Upstream, tmp_path: Path) -> None:
    config = limited(upstream, "{name: all, requests_per_minute: 1}")
    async with house(tmp_path, config) as home, client(home) as asking:
        await asking.post("/chat/completions", content=b"no json")
        refused = await asking.post("/chat/completions", content=b"no json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert told(refused)["remaining-requests"] == "0"


async def test_tokens_are_held_at_their_estimate_and_corrected_to_the_truth(upstream: Upstream, tmp_path: Path) -> None:
    go = asyncio.Event()
    upstream.script(Pause(go), Send(answers.response(answers.chat_body())))
    config = limited(upstream, f"{{name: all, tokens_per_minute: {INPUT + 110}}}")
    async with house(tmp_path, config) as home, client(home) as asking:
        running = asyncio.create_task(asking.post("/chat/completions", content=BODY))
        await upstream.arrived.wait()
        refused = await asking.post("/chat/completions", content=BODY)
        go.set()
        first = await running
        second = await asking.post("/chat/completions", content=BODY)
    assert refused.json()["error"]["type"] == "tokens"
    assert told(first)["remaining-tokens"] == "10"
    assert second.status_code == 429  # the answer used 9 + 3 tokens, so that a moment must still pass
    assert float(second.headers["retry-after-ms"]) < 2_000


async def test_what_can_never_fit_says_so(upstream: Upstream, tmp_path: Path) -> None:
    config = limited(upstream, "{name: small, output_tokens_per_minute: 99}")
    async with house(tmp_path, config) as home, client(home) as asking:
        refused = await asking.post("/chat/completions", content=BODY)
    assert (refused.status_code, refused.headers["x-should-retry"]) == (429, "false")
    assert "never fit" in refused.json()["error"]["message"]
    assert upstream.requests == []


async def test_a_model_is_limited_by_any_of_its_names_and_free_ones_count_f51(
    upstream: Upstream, tmp_path: Path
) -> None:
    config = limited(upstream, "{name: m, model: free, requests_per_minute: 1}")
    async with house(tmp_path, config) as home, client(home) as asking:
        replies = [
            await asking.post("/chat/completions", content=BODY.replace(b'"paid"', b'"%s"' % name))
            for name in (b"free", b"up/upstream-2", b"paid", b"nobody")
        ]
    assert [reply.status_code for reply in replies] == [200, 429, 200, 404]
    assert told(replies[2]) == {}


SCRIPTS: dict[str, Script] = {
    "refused": refusal("400 No", b"{}"),
    "reset": (Reset(),),
    "cut": (*chat_stream(["a", "b"])[:3], Reset()),
    "left": (*chat_stream(["a"])[:3], Hang()),
}


@pytest.mark.parametrize("end", SCRIPTS)
async def test_a_place_comes_back_at_any_end(upstream: Upstream, tmp_path: Path, end: str) -> None:
    config = limited(upstream, "{name: one, key: tester, parallel: 1}")
    upstream.respond = lambda _: SCRIPTS[end]
    body = json.dumps({**json.loads(BODY), "stream": True}).encode()
    async with house(tmp_path, config) as home, client(home) as asking:
        async with asking.stream("POST", "/chat/completions", content=body) as reply:
            if end == "left":
                await anext(reply.aiter_bytes())
                during = await asking.post("/chat/completions", content=BODY)
                assert (during.status_code, during.json()["error"]["type"]) == (429, "requests")
                assert "1 may run in parallel" in during.json()["error"]["message"]
            else:
                await reply.aread() if end != "cut" else [chunk async for chunk in reply.aiter_bytes()]
        upstream.respond = lambda _: (Send(answers.response(answers.chat_body())),)

        statuses = [429]
        async with asyncio.timeout(20):
            while statuses[-1] == 429:
                statuses.append((await asking.post("/chat/completions", content=BODY)).status_code)
        again = await asking.post("/chat/completions", content=BODY)
        assert (statuses[-1], again.status_code) == (200, 200)


async def test_a_hundred_at_once_pass_a_parallel_limit_eight_at_a_time(tmp_path: Path) -> None:
    go = asyncio.Event()

    async with Upstream(lambda _: (Pause(go), Send(answers.response(answers.chat_body())))) as upstream:
        config = limited(upstream, "{name: eight, parallel: 8}")
        async with house(tmp_path, config) as home, client(home) as asking:
            asked = [asyncio.create_task(asking.post("/chat/completions", content=BODY)) for _ in range(100)]
            await eventually(lambda: sum(task.done() for task in asked) == 92)
            go.set()
            replies = await asyncio.gather(*asked)
    assert sorted({reply.status_code for reply in replies}) == [200, 429]
    assert sum(reply.status_code == 200 for reply in replies) == 8 == len(upstream.requests)
