"""The supervisor with real child processes: starts, restarts, refuses, ends."""

import asyncio
import os
import signal
import socket
from asyncio.subprocess import Process
from pathlib import Path

from tests.doubles.ggufs import END, scripted
from tests.doubles.supervised import asked, heard, started, supervised

BARE = "server: {port: 0, drain: 0.2}\n"
ENGINE = BARE + "providers: {local: {dialect: engine, model: /nowhere.gguf}}\nmodels: {demo: {provider: local}}\n"


async def ended(process: Process) -> tuple[int, str]:
    async with asyncio.timeout(30):
        _, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, errors.decode()


async def gone(pid: int) -> None:
    """Wait until that process, which need not be our child, has ended."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(watched, over.set)
    try:
        async with asyncio.timeout(30):
            await over.wait()
    finally:
        asyncio.get_running_loop().remove_reader(watched)
        os.close(watched)


def mode(folder: str) -> int | None:
    """A folder's access rights; None when it is not there."""
    path = Path(folder)
    return path.stat().st_mode & 0o777 if path.exists() else None


def children(pid: int) -> list[int]:
    """The direct children of a process, oldest first."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def test_a_worker_that_is_killed_is_replaced_and_no_connection_is_refused(tmp_path: Path) -> None:
    async with supervised(tmp_path, BARE) as running:
        first, parent, _ = await asked(running.port)
        assert int(parent) == running.process.pid
        os.kill(int(first), signal.SIGKILL)
        await gone(int(first))
        second, _, _ = await asked(running.port)
        assert second != first
        assert "killed by SIGKILL" in await heard(running.process.stderr, "starts again")


async def test_sigterm_ends_the_worker_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with supervised(tmp_path, BARE) as running:
        worker, _, run = await asked(running.port)
        assert mode(run) == 0o700
        running.process.send_signal(signal.SIGTERM)
        code, _ = await ended(running.process)
        assert code == 0
        await gone(int(worker))
        assert mode(run) is None


async def test_a_worker_that_will_not_end_is_killed_after_drain_and_grace(tmp_path: Path) -> None:
    async with supervised(tmp_path, BARE, SCRIPT="stubborn") as running:
        worker, _, _ = await asked(running.port)
        running.process.send_signal(signal.SIGINT)
        code, _ = await ended(running.process)
        assert code == 1
        await gone(int(worker))


async def test_a_second_signal_shortens_the_drain(tmp_path: Path) -> None:
    async with supervised(tmp_path, BARE.replace("0.2", "3600"), SCRIPT="stubborn") as running:
        worker, _, _ = await asked(running.port)
        running.process.send_signal(signal.SIGTERM)
        await heard(running.process.stderr, "a second signal ends them now")
        running.process.send_signal(signal.SIGTERM)
        await ended(running.process)
        await gone(int(worker))


async def test_kill_9_of_the_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    async with supervised(tmp_path, BARE) as running:
        worker, _, _ = await asked(running.port)
        running.process.kill()
        await gone(int(worker))


async def test_a_worker_that_cannot_start_ends_the_supervisor(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(BARE)
    environ = {**os.environ, "HALFPENNY_DATA": str(tmp_path / "data"), "SCRIPT": "fails"}
    code, errors = await ended(await started(tmp_path / "config.yaml", environ))
    assert code == 1
    assert "the HTTP worker ended with exit code 3 and is not started again" in errors


async def test_a_busy_port_is_one_sentence_that_says_how_to_choose_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        (tmp_path / "config.yaml").write_text(f"server: {{port: {port}}}\n")
        environ = {**os.environ, "HALFPENNY_DATA": str(tmp_path / "data")}
        code, errors = await ended(await started(tmp_path / "config.yaml", environ))
    assert code == 1
    assert errors.startswith(f"Port {port} on 127.0.0.1 is taken")
    assert f"PORT={port + 1}" in errors
    assert len(errors.splitlines()) == 1


async def test_a_second_server_on_the_same_data_folder_is_refused(tmp_path: Path) -> None:
    async with supervised(tmp_path, BARE) as running:
        environ = {**os.environ, "HALFPENNY_DATA": str(tmp_path / "data")}
        code, errors = await ended(await started(tmp_path / "config.yaml", environ))
        assert code == 1
        assert f"Another halfpenny (process {running.process.pid})" in errors


async def test_an_engine_that_cannot_load_is_named_and_the_rest_is_served(tmp_path: Path) -> None:
    async with supervised(tmp_path, ENGINE) as running:
        assert "local: NOT SERVED" in running.banner
        assert "/nowhere.gguf" in running.banner
        assert await asked(running.port)


async def test_an_engine_that_is_killed_serves_again(tmp_path: Path) -> None:
    model = scripted(tmp_path / "model.gguf", [b"hi", END])
    async with supervised(tmp_path, ENGINE.replace("/nowhere.gguf", str(model))) as running:
        assert f"local: ready, {model}" in running.banner
        worker = int((await asked(running.port))[0])
        engine = next(pid for pid in children(running.process.pid) if pid != worker)
        os.kill(engine, signal.SIGKILL)
        async with asyncio.timeout(60):
            told = await heard(running.process.stderr, "engine local: ready")
        assert "engine local was killed by SIGKILL; it starts again in 0.1 s" in told
        assert (await asked(running.port))[0] == str(worker)
