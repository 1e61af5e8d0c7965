"""The HTTP worker: `python -m proxy.worker`, a child of the supervisor that serves on a socket it inherits.

Stays light: neither torch nor llama.cpp nor an official SDK is imported here or by anything that is imported here.
"""

import argparse
import asyncio
import gc
import logging
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import uvicorn
import uvloop

from proxy.app import new_id, opened
from proxy.config.load import load
from proxy.config.schema import Config
from proxy.money.schema import LedgerRefused
from proxy.protocol import protocol
from proxy.watch.logs import JsonFormatter, Log

KEEP_ALIVE_SECONDS = 15
LAST_SECONDS = 1.0
YOUNG_OBJECTS = 20_000
"""New objects until the cycle collector looks: it finds next to nothing, and at Python's 700 takes 5 % of a request."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop; the exit code is 0 after a clean drain."""
    parser = argparse.ArgumentParser(prog="python -m proxy.worker", description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="the listening socket, inherited")
    parser.add_argument("--config", type=Path, required=True, help="config.yaml")
    parser.add_argument("--data", type=Path, required=True, help="the data folder: ledger and keys")
    parser.add_argument("--run-folder", type=Path, required=True, help="where the engines' sockets are")
    args = parser.parse_args(argv)
    _log_as_json()
    config = load(args.config, os.environ)
    listening = socket.socket(fileno=args.fd)
    try:
        uvloop.run(serve(config, listening, args.data, args.run_folder))
    except LedgerRefused as refused:
        print(f"halfpenny: {refused}", file=sys.stderr, flush=True)
        return 1
    return 0


class Server(uvicorn.Server):
    """uvicorn, which after its drain leaves nobody unsettled."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A first signal drains, a second one ends the drain."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def settle(self) -> None:
        """Wait until each running answer has told its client and settled its row; a second signal cancels them here."""
        for task in self.server_state.tasks if self.force_exit else ():
            task.cancel()  # after a drain that ran out, uvicorn has done so already
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=LAST_SECONDS)


async def serve(config: Config, listening: socket.socket, data: Path, run_folder: Path) -> None:
    """Open everything, answer on `listening`, close everything."""
    log = Log(sys.stderr.fileno())
    try:
        async with opened(config, data, run_folder, log) as app:
            server = Server(
                uvicorn.Config(
                    app,
                    loop="none",
                    http=protocol(new_id),
                    ws="none",
                    lifespan="off",
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    proxy_headers=False,
                    timeout_keep_alive=KEEP_ALIVE_SECONDS,
                    timeout_graceful_shutdown=max(1, int(config.server.drain)),
                )
            )
            gc.collect()
            gc.freeze()
            gc.set_threshold(YOUNG_OBJECTS)
            await server.serve(sockets=[listening])
            await server.settle()
    finally:
        await log.aclose()


def _log_as_json() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


if __name__ == "__main__":
    sys.exit(main())
