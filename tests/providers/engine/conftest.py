"""Real engines for the tests, with models whose answer is known."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from providers.engine.client import Engine
from tests.doubles import ggufs
from tests.doubles.engines import COUNTING, GREETING, Running, Serve, start


@pytest.fixture(scope="session")
def greeting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ggufs.scripted(tmp_path_factory.mktemp("gguf") / "greeting.gguf", GREETING)


@pytest.fixture(scope="session")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ggufs.scripted(tmp_path_factory.mktemp("gguf") / "counting.gguf", COUNTING, context=32_768)


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """`await serve(model, slots=…)`: an engine that is ready."""
    running: list[Running] = []

    async def begin(model: Path | str, **fields: Any) -> Running:
        settings = Engine(model=str(model), **fields)
        socket = tmp_path / f"engine{len(running)}.sock"
        process = await start(socket, settings)
        running.append(Running(process, socket, settings))
        assert process.stdout is not None
        line = await process.stdout.readline()
        assert msgspec.json.decode(line)["event"] == "ready", line
        return running[-1]

    yield begin
    for each in running:
        await each.engine.aclose()
        if each.process.returncode is None:
            each.process.terminate()
        await each.process.wait()
