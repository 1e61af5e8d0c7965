"""Waiting for what another process or task will have done: asks again until the answer is true."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
EVERY = 0.01
PATIENCE = 1000


async def eventually(ask: Callable[[], T | Awaitable[T]]) -> T:
    """The first true answer. Fails after about ten seconds."""
    for _ in range(PATIENCE):
        answer = ask()
        found: T = await answer if isinstance(answer, Awaitable) else answer
        if found:
            return found
        await asyncio.sleep(EVERY)
    raise AssertionError("it never came true")
