"""Upstreams that do something else than was asked: say more than they may, or answer as another model."""

from pathlib import Path
from typing import Any

import httpx

from tests.doubles import answers
from tests.doubles.eventually import in_time
from tests.doubles.house import INPUT, OUTPUT, PRICED, House, house
from tests.doubles.upstream import Hang, Send, Upstream, chat_json

HELLO = [{"role": "user", "content": "hi"}]


def ask(**fields: Any) -> dict[str, Any]:
    return {"model": "paid", "messages": HELLO, **fields}


async def test_f26_a_stream_that_never_ends_is_cut_at_its_reserved_tokens(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    endless = [answers.chunk({"content": "hahaha "}) for _ in range(6)]
    upstream.script(Send(answers.stream_head() + answers.chunked(*endless, last=False)), Hang())

    answer = await client.post("/chat/completions", json=ask(stream=True, max_tokens=5))

    assert answer.status_code == 200
    assert b'"finish_reason":"length"' in answer.content
    assert answer.content.endswith(answers.DONE)
    await in_time(upstream.gone.wait)
    (row,) = home.rows()
    assert (row["state"], row["usage_source"], row["outcome"]) == ("settled", "estimated", "cut_at_limit")
    assert (row["output"], row["cost"] <= row["amount"]) == (11, True)


async def test_f26_what_keeps_to_its_tokens_is_not_cut(client: httpx.AsyncClient, upstream: Upstream) -> None:
    events = answers.chat_events(["hahaha "] * 5)
    upstream.script(Send(answers.stream_head() + answers.chunked(*events)))

    answer = await client.post("/chat/completions", json=ask(stream=True, max_tokens=5))

    assert answer.content.count(b"hahaha ") == 5
    assert b'"finish_reason":"stop"' in answer.content


async def test_f26_an_upstream_that_sends_letters_is_not_cut(client: httpx.AsyncClient, upstream: Upstream) -> None:
    events = answers.chat_events(list("A short answer, letter by letter."))
    upstream.script(Send(answers.stream_head() + answers.chunked(*events)))

    answer = await client.post("/chat/completions", json=ask(stream=True, max_tokens=8))

    assert b'"finish_reason":"stop"' in answer.content


async def test_f26_each_choice_has_its_own_tokens_and_its_own_end(
    client: httpx.AsyncClient, upstream: Upstream
) -> None:
    done = answers.chunk({"content": "one"}) + answers.chunk({}, finish="stop")
    other = [answers.chunk({"content": "hahaha "}).replace(b'"index":0', b'"index":1') for _ in range(10)]
    upstream.script(Send(answers.stream_head() + answers.chunked(done, *other, last=False)), Hang())

    answer = await client.post("/chat/completions", json=ask(stream=True, n=2, max_tokens=5))

    assert answer.content.count(b'"finish_reason":"length"') == 1
    assert answer.content.count(b'"finish_reason":"stop"') == 1
    assert answer.content.endswith(answers.DONE)


async def test_f30_another_model_that_answers_has_its_own_price(upstream: Upstream, tmp_path: Path) -> None:
    cheap = "  cheap: {provider: up, upstream: upstream-2, price: {input: $0.25, output: $1}}\n"
    dear = "  dear: {provider: up, upstream: upstream-3, price: {input: $250, output: $1000}}\n"
    upstream.script(*chat_json(model="upstream-2"))
    upstream.script(*chat_json(model="upstream-3"))
    upstream.script(*chat_json(model="upstream-1-2026-01-01"))
    async with house(tmp_path, PRICED.format(url=upstream.base_url) + cheap + dear) as home:
        headers = {"authorization": f"Bearer {home.key}"}
        async with httpx.AsyncClient(base_url=home.url, headers=headers, timeout=30) as client:
            told = [await client.post("/chat/completions", json=ask(max_tokens=5)) for _ in range(3)]
        rows = home.rows()

    usual = 9 * INPUT + 3 * OUTPUT
    assert [row["answered"] for row in rows] == ["upstream-2", "upstream-3", "upstream-1-2026-01-01"]
    assert [row["cost"] for row in rows] == [usual // 10, rows[1]["amount"], usual]
    assert rows[1]["overrun"] == usual * 100 - rows[1]["amount"]
    assert float(told[0].headers["x-halfpenny-cost-usd"]) == usual / 10 / 10**9
