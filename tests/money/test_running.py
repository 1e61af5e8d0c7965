"""What runs, finishes: a limit that is reached and a stop that latches meanwhile refuse others only. F32, F34."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.doubles import answers
from tests.doubles.eventually import eventually
from tests.doubles.house import INPUT, OUTPUT, PRICED, House, house
from tests.doubles.upstream import Pause, Request, Script, Send, Upstream

BODY = b'{"model":"paid","max_tokens":100,"stream":%s,"messages":[{"role":"user","content":"hi"}]}'
DEAR = answers.usage(9, 100)
BUDGET = "\nbudgets:\n  - {{name: all, window: month, {rule}}}\n"


def respond(go: asyncio.Event) -> Callable[[Request], Script]:
    """Streams wait in the middle; whole answers come at once and cost nearly all that was held."""

    def answer(request: Request) -> Script:
        if not request.json().get("stream"):
            return (Send(answers.response(answers.chat_body(told=DEAR))),)
        head, *rest = (answers.chunked(event, last=False) for event in answers.chat_events(["a ", "b ", "c"]))
        return (Send(answers.stream_head() + head + rest[0]), Pause(go), *map(Send, rest[1:]), Send(answers.chunked()))

    return answer


@pytest.mark.parametrize(
    ("rule", "code"),
    [("limit: $0.003", "budget_in_flight"), ("limit: $1, stop_at: 0.1%", "budget_emergency_stop")],
    ids=["f32_limit", "f34_stop"],
)
async def test_a_stream_that_runs_is_not_cut(rule: str, code: str, tmp_path: Path) -> None:
    go = asyncio.Event()
    config = PRICED + BUDGET.replace("{rule}", rule)
    async with (
        Upstream(respond(go)) as upstream,
        house(tmp_path, config.format(url=upstream.base_url)) as home,
        httpx.AsyncClient(base_url=home.url, headers={"authorization": f"Bearer {home.key}"}, timeout=20) as client,
        client.stream("POST", "/chat/completions", content=BODY % b"true") as running,
    ):
        lines = running.aiter_lines()
        assert "chat.completion.chunk" in await anext(lines)
        assert (await client.post("/chat/completions", content=BODY % b"false")).status_code == 200
        refused = await client.post("/chat/completions", content=BODY % b"false")
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, code)
        wait, again = ("1", "true") if code == "budget_in_flight" else (None, "false")
        assert (refused.headers.get("retry-after"), refused.headers["x-should-retry"]) == (wait, again)
        go.set()
        assert [line async for line in lines if line][-1] == "data: [DONE]"
        await eventually(lambda: states(home) == [("settled", 9 * INPUT + 3 * OUTPUT), ("settled", dear())])
        after = (await client.post("/chat/completions", content=BODY % b"false")).status_code
        assert after == (200 if code == "budget_in_flight" else 429)


def dear() -> int:
    """What a whole answer costs."""
    return 9 * INPUT + 100 * OUTPUT


def states(home: House) -> list[tuple[str, int]]:
    """State and cost of each row."""
    return [(row["state"], row["cost"]) for row in home.rows()]
