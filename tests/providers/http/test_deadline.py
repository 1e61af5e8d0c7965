"""One timer keeps a moving limit and a fixed one."""

import asyncio

from providers.errors import TimedOut
from providers.http.deadline import Deadline


def deadline(total: float) -> tuple[Deadline, asyncio.Future[TimedOut]]:
    """A deadline and what it rings."""
    rung: asyncio.Future[TimedOut] = asyncio.get_running_loop().create_future()
    return Deadline(total, rung.set_result), rung


async def test_a_stage_runs_out() -> None:
    limit, rung = deadline(60.0)
    limit.stage("the first byte", 0.01)
    assert "the first byte" in (await rung).message


async def test_a_later_stage_may_be_shorter() -> None:
    limit, rung = deadline(60.0)
    limit.stage("the first byte", 60.0)
    limit.stage("the next bytes", 0.01)
    assert "the next bytes" in (await rung).message


async def test_touching_moves_the_stage_but_not_the_total() -> None:
    loop = asyncio.get_running_loop()
    limit, rung = deadline(0.4)
    limit.stage("the next bytes", 0.3)
    begun = loop.time()
    while not rung.done():
        limit.touch()
        await asyncio.sleep(0.005)
    assert "the whole answer" in rung.result().message
    assert loop.time() - begun >= 0.39


async def test_held_only_the_total_runs() -> None:
    limit, rung = deadline(0.05)
    limit.stage("the next bytes", 0.01)
    limit.hold()
    assert "the whole answer" in (await rung).message


async def test_stopped_it_never_rings() -> None:
    limit, rung = deadline(0.01)
    limit.stage("the next bytes", 0.005)
    limit.stop()
    limit.stop()
    await asyncio.sleep(0.03)
    assert not rung.done()
