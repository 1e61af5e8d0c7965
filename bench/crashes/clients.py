"""The clients of a run: each asks again and again, checks every answer to the last byte, and counts how it ended."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec

from bench import answers
from tests.doubles.upstream import Request, Script, Send

RIGHT, LOST = "right", "lost"
"""How a request ends that has nothing to do with what crashes."""
ANSWERED, REFUSED, BROKEN, STRANGE = "answered", "503", "error event", "strange"
"""How one may end that has: answered, refused before its first byte, broken after it. STRANGE: none of these."""
NEXT = "answered by {model}"
"""Answered whole by its next candidate."""
QUESTION = "Tell me a short story about a dog"
STREAMED = " harbour" * answers.TOKENS
WHOLE = msgspec.json.decode(answers.whole().split(b"\r\n\r\n")[1])["choices"][0]["message"]["content"]
"""What the scripted upstream says."""
EVENT_ENDS = b"\n\n\r\n"
PAUSE = 0.05
"""Seconds until a client that was refused asks again."""

Ask = Callable[[httpx.AsyncClient], Awaitable[str]]


def recorded(request: Request) -> Script:
    """The scripted upstream: recorded bytes, a stream as a write for each event."""
    if not request.json().get("stream"):
        return (Send(answers.whole()),)
    *events, last = answers.stream().split(EVENT_ENDS)
    return (*(Send(event + EVENT_ENDS) for event in events), Send(last))


async def bought_stream(client: httpx.AsyncClient) -> str:
    """A stream of the scripted upstream's."""
    answer = await _answer(client, "bought", True)
    said, done = _read(answer.text)
    return RIGHT if answer.status_code == 200 and done and said == STREAMED else LOST


async def bought_whole(client: httpx.AsyncClient) -> str:
    """A whole answer of the scripted upstream's."""
    answer = await _answer(client, "bought", False)
    return RIGHT if answer.status_code == 200 and _content(answer) == WHOLE else LOST


async def neighbour(client: httpx.AsyncClient) -> str:
    """A whole answer of another local model."""
    answer = await _answer(client, "neighbour", False)
    return RIGHT if answer.status_code == 200 and "There was once" in _content(answer) else LOST


async def victim(client: httpx.AsyncClient) -> str:
    """A stream of the model that crashes, by its name."""
    return _ending(await _answer(client, "victim", True))


async def routed(client: httpx.AsyncClient) -> str:
    """A stream of `auto`, whose first candidate is the model that crashes."""
    return _ending(await _answer(client, "auto", True))


BOUGHT = (bought_stream, bought_whole)
Ends = dict[str, Counter[str]]
"""How requests ended, by the name of their client."""


async def ask_times(url: str, key: str, asks: Sequence[Ask], times: int, ends: Ends) -> None:
    """Ask so many times, with a client for each of `asks`."""

    async def some(client: httpx.AsyncClient, ask: Ask) -> None:
        for _ in range(times // len(asks)):
            await _once(client, ask, ends)

    async with _client(url, key) as client:
        await asyncio.gather(*(some(client, ask) for ask in asks))


@asynccontextmanager
async def asking(url: str, key: str, asks: Sequence[Ask], ends: Ends) -> AsyncIterator[None]:
    """Let a client for each of `asks` ask all the time; at the end each finishes, and its connections are closed."""
    over = asyncio.Event()

    async def again(client: httpx.AsyncClient, ask: Ask) -> None:
        while not over.is_set():
            if await _once(client, ask, ends) == REFUSED:
                await asyncio.sleep(PAUSE)

    async with _client(url, key) as client:
        running = [asyncio.create_task(again(client, ask)) for ask in asks]
        try:
            yield
        finally:
            over.set()
            await asyncio.gather(*running)


def _client(url: str, key: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=60)


async def _once(client: httpx.AsyncClient, ask: Ask, ends: Ends) -> str:
    end = await ask(client)
    ends.setdefault(ask.__name__, Counter())[end] += 1
    return end


async def _answer(client: httpx.AsyncClient, model: str, stream: bool) -> httpx.Response:
    """Whatever came; a connection that broke is status 0 with what was read."""
    body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": QUESTION}]}
    try:
        return await client.post("/chat/completions", json=body)
    except httpx.HTTPError as error:
        return httpx.Response(0, text=f"{type(error).__name__}: {error}")


def _ending(answer: httpx.Response) -> str:
    if answer.status_code == 503 and '"local_model_' in answer.text:
        return REFUSED
    said, done = _read(answer.text)
    if answer.status_code != 200:
        return STRANGE
    if '"error"' in answer.text:
        return STRANGE if done or not said else BROKEN
    if not done or not said:
        return STRANGE
    model = answer.headers["x-halfpenny-model"]
    return ANSWERED if model == "victim" else NEXT.format(model=model)


def _read(text: str) -> tuple[str, bool]:
    """What a stream said, and whether it ended as a whole one does."""
    said, finish = "", None
    for line in text.splitlines():
        if line.startswith("data: {"):
            for choice in msgspec.json.decode(line[6:]).get("choices", ()):
                said += choice["delta"].get("content") or ""
                finish = choice.get("finish_reason") or finish
    return said, finish == "stop" and text.endswith("data: [DONE]\n\n")


def _content(answer: httpx.Response) -> Any:
    return answer.json()["choices"][0]["message"]["content"]
