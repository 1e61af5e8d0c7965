"""The HTTP worker: `python -m proxy.worker`, a child of the supervisor that serves on a socket it inherits.

Stays light: neither torch nor llama.cpp nor an official SDK is imported here or by anything that is imported here.
"""

import argparse
import gc
import logging
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn
import uvloop

from proxy.app import opened
from proxy.config.load import load
from proxy.config.schema import Config
from proxy.watch.logs import JsonFormatter, Log

KEEP_ALIVE_SECONDS = 15


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
    uvloop.run(serve(config, listening, args.data, args.run_folder))
    return 0


async def serve(config: Config, listening: socket.socket, data: Path, run_folder: Path) -> None:
    """Open everything, answer on `listening`, close everything."""
    log = Log(sys.stderr.fileno())
    try:
        async with opened(config, data, run_folder, log) as app:
            server = uvicorn.Server(
                uvicorn.Config(
                    app,
                    loop="none",
                    http="httptools",
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
            await server.serve(sockets=[listening])
    finally:
        await log.aclose()


def _log_as_json() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


if __name__ == "__main__":
    sys.exit(main())
