"""Waiting for what another process or task will have done: asks again until the answer is true."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
EVERY = 0.01
PATIENCE = 1000


async def eventually(ask: Callable[[], T]) -> T:
    """The first true answer. Fails after about ten seconds."""

    async def asked() -> T:
        return ask()

    return await in_time(asked)


async def in_time(ask: Callable[[], Awaitable[T]]) -> T:
    """The same of a question whose answer has to be awaited."""
    for _ in range(PATIENCE):
        answer = await ask()
        if answer:
            return answer
        await asyncio.sleep(EVERY)
    raise AssertionError("it never came true")
