"""The client against a real process: probabilities, company, lateness, and a process that dies."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from providers.labelling.client import LabelClient, Labeller
from tests.doubles.eventually import eventually
from tests.doubles.sequence_classifiers import reference

TEXTS = ["Summarize this article", "write a poem about autumn", "what " * 60, "naïve café"]


@asynccontextmanager
async def served(settings: Labeller, folder: Path) -> AsyncIterator[tuple[LabelClient, Process]]:
    socket = str(folder / "labels.sock")
    words = [sys.executable, *settings.arguments(socket)]
    client = LabelClient(socket, settings.stall)
    process = await asyncio.create_subprocess_exec(*words, stdout=PIPE)
    client.open()
    try:
        assert process.stdout is not None
        assert await client.probabilities(["too early"], "", 1.0) is None
        said = [msgspec.json.decode(await process.stdout.readline()) for _ in range(2)]
        assert [each["event"] for each in said] == ["loading", "ready"], said
        await eventually(lambda: client.ready)
        yield client, process
    finally:
        await client.aclose()
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_texts_get_transformers_own_probabilities(router: Path, tmp_path: Path) -> None:
    """Alone and beside others, long ones cut; who is late or alone is told nothing, and nobody waits for the dead."""
    wanted = [reference(router, text)[1] for text in TEXTS]
    async with served(Labeller(model=str(router), batch=4), tmp_path) as (client, process):
        assert client.ready is not None
        assert (client.ready.name, client.ready.architecture, client.ready.width) == ("router", "bert", 2)
        assert await client.probabilities(TEXTS, "a", 30) == pytest.approx(wanted, abs=1e-5)
        asking = [client.probabilities([text], str(who), 30) for who in range(8) for text in TEXTS]
        found = [one for answer in await asyncio.gather(*asking) for one in answer or ()]
        assert found == pytest.approx(wanted * 8, abs=1e-5)

        os.kill(process.pid, signal.SIGSTOP)
        assert await client.probabilities(["late"], "a", 0.05) is None
        os.kill(process.pid, signal.SIGCONT)
        assert await client.probabilities(TEXTS[:1], "a", 30) == pytest.approx(wanted[:1], abs=1e-5)

        process.kill()
        await eventually(lambda: client.ready is None)
        assert await client.probabilities(["gone"], "a", 30) is None


def libraries(pid: int) -> str:
    """What the process has loaded, where the system tells."""
    maps = Path(f"/proc/{pid}/maps")
    return maps.read_text() if maps.exists() else ""


async def test_a_trained_folder_is_served_by_its_int8_export_and_without_torch(
    exported: Path, texts: list[str], tmp_path: Path
) -> None:
    wanted = [reference(exported, text)[1] for text in texts[:20]]
    async with served(Labeller(model=str(exported), context=32), tmp_path) as (client, process):
        found = await client.probabilities(texts[:20], "a", 30)
        assert found == pytest.approx(wanted, abs=0.15)
        assert sum((one > 0.5) == (other > 0.5) for one, other in zip(found or (), wanted, strict=True)) >= 18
        loaded = libraries(process.pid)
        assert not loaded or ("onnxruntime" in loaded and "libtorch" not in loaded)
