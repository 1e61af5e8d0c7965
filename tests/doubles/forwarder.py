"""A line between a client and a server's unix socket that can be cut, mended, and led to another server."""

import asyncio
from pathlib import Path


class Forwarder:
    """Listens at `path`, and passes bytes both ways between there and `target`, which may change."""

    def __init__(self, path: Path, target: Path) -> None:
        self._path, self.target = path, target
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        """Let connections in."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._pass, self._path)

    def cut(self) -> None:
        """End all connections and let none in."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._path.unlink(missing_ok=True)
        for writer in self._writers:
            writer.transport.abort()

    async def aclose(self) -> None:
        """Cut, and wait until nothing is left."""
        self.cut()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            self._lines.add(task := asyncio.create_task(_copy(source, sink)))
            task.add_done_callback(self._lines.discard)


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()
