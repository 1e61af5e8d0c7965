"""Time in which this process could not listen does not count against whoever is asked (F38)."""

import asyncio
import socket
import time

import pytest

from proxy.money.leased.deadline import deadline
from proxy.money.ledger import Granted
from routing.budget import Scope
from tests.doubles.eventually import eventually
from tests.doubles.ledgers import hold
from tests.doubles.stores import Stores
from tests.proxy.money.leased.life import patient

WIDE = Scope("wide", 0, 2_000_000_000, 10**9)


async def test_an_answer_that_lay_in_the_buffer_is_heard() -> None:
    near, far = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=near)
    for held_up in (0.1, 0.3):
        async with deadline(0.05):
            far.sendall(b"answer\n")
            time.sleep(held_up)  # noqa: ASYNC251  the loop is held up
            assert await reader.readline() == b"answer\n"
            await asyncio.sleep(0)
    writer.close()
    far.close()


async def test_silence_is_noticed_in_time() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with deadline(0.05):
            await asyncio.Event().wait()
    assert time.monotonic() - began >= 0.05


async def test_a_loop_that_is_always_held_up_ends_nevertheless() -> None:
    async def hold_up() -> None:
        while True:
            time.sleep(0.01)  # noqa: ASYNC251
            await asyncio.sleep(0)

    busy = asyncio.create_task(hold_up())
    with pytest.raises(TimeoutError):
        async with deadline(0.02):
            await asyncio.Event().wait()
    busy.cancel()


async def test_a_busy_loop_closes_no_budget(stores: Stores) -> None:
    async with stores.worker(timeout=0.05) as ledger:
        await eventually(lambda: ledger.fencing.epoch is not None)
        assert await patient(lambda: ledger.reserve(hold("first", 1, WIDE))) == Granted()
        for number in range(10):
            asked = asyncio.create_task(ledger.reserve(hold(f"n{number}", 10**7, WIDE)))
            for _ in range(3):
                await asyncio.sleep(0)
                time.sleep(0.08)  # noqa: ASYNC251
            assert await asked == Granted()
