"""A real supervisor in a process of its own, over the scripted worker: `python -m tests.doubles.supervised CONFIG`."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from proxy.config.load import load
from proxy.places import CannotStart, data_folder
from proxy.supervisor import Serving, serve

ROOT = Path(__file__).resolve().parents[2]


class Supervised(NamedTuple):
    """The process and where it listens."""

    process: Process
    port: int
    banner: str


@asynccontextmanager
async def supervised(folder: Path, config: str, **extra: str) -> AsyncIterator[Supervised]:
    """Start it over this configuration, wait for its banner, kill what is left at the end."""
    (folder / "config.yaml").write_text(config)
    environ = {**os.environ, "HALFPENNY_DATA": str(folder / "data"), "XDG_RUNTIME_DIR": str(folder), **extra}
    process = await started(folder / "config.yaml", environ)
    try:
        async with asyncio.timeout(60):
            banner = await heard(process.stdout, "Next")
        port = int(banner.split("http://127.0.0.1:")[1].split()[0].split("/")[0])
        yield Supervised(process, port, banner)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def started(config: Path, environ: Mapping[str, str]) -> Process:
    """The supervisor's process, not yet listening."""
    words = ("-m", "tests.doubles.supervised", str(config))
    return await asyncio.create_subprocess_exec(sys.executable, *words, env=environ, cwd=ROOT, stdout=PIPE, stderr=PIPE)


async def heard(stream: asyncio.StreamReader | None, words: str) -> str:
    """Everything up to the line that holds these words. Raises EOFError when the stream ends before."""
    assert stream is not None
    text = ""
    async for line in stream:
        text += line.decode()
        if words in text:
            return text
    raise EOFError(text)


async def asked(port: int) -> list[str]:
    """The scripted worker's process id, its parent's, and its run folder."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        return (await reader.read()).decode().split("\r\n\r\n")[1].split()
    finally:
        writer.close()
        await writer.wait_closed()


def main() -> int:
    path = Path(sys.argv[1])
    serving = Serving(
        config=load(path, os.environ),
        config_path=path,
        data=data_folder(os.environ),
        environ=os.environ,
        key="sk-hp-for-the-test",
        worker="tests.doubles.scripted_worker",
    )
    try:
        return serve(serving, sys.stdout)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
