"""A client's judgement of an answer: what is whole, what broke as it may, what is neither."""

import httpx
import pytest

from bench.crashes.clients import BROKEN, LOST, REFUSED, RIGHT, STRANGE, Ask, bought_stream, bought_whole, victim
from tests.doubles import answers

PIECE, END = answers.chunk({"content": "Once"}), answers.chunk({}, finish="stop")
ERROR = b'data: {"error":{"message":"gone","code":"local_model_crashed"}}\n\n'
GOOD = {"x-halfpenny-model": "victim"}
REFUSAL = b'{"error":{"code":"local_model_loading"}}'


async def told(ask: Ask, status: int, body: bytes) -> str:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=body, headers=GOOD)

    async with httpx.AsyncClient(base_url="http://x", transport=httpx.MockTransport(answer)) as client:
        return await ask(client)


@pytest.mark.parametrize(
    ("status", "body", "end"),
    [
        (200, PIECE + END + answers.DONE, "answered"),
        (200, PIECE + ERROR, BROKEN),
        (503, REFUSAL, REFUSED),
        (200, PIECE, STRANGE),
        (200, PIECE + END, STRANGE),
        (200, END + answers.DONE, STRANGE),
        (200, ERROR, STRANGE),
        (200, PIECE + ERROR + END + answers.DONE, STRANGE),
        (503, b"{}", STRANGE),
        (502, REFUSAL, STRANGE),
    ],
)
async def test_every_end_of_a_crash_has_its_name(status: int, body: bytes, end: str) -> None:
    assert await told(victim, status, body) == end


async def test_another_providers_answer_is_right_to_the_last_byte_or_lost() -> None:
    assert await told(bought_stream, 200, PIECE + END + answers.DONE) == LOST
    assert await told(bought_whole, 200, answers.chat_body("Paris.")) == LOST
    assert await told(bought_whole, 503, REFUSAL) == LOST
    said = b"".join(answers.chunk({"content": " harbour"}) for _ in range(64))
    assert await told(bought_stream, 200, said + END + answers.DONE) == RIGHT
    assert await told(bought_stream, 200, said + answers.DONE) == LOST
