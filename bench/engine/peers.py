"""The servers that are compared, each a process of its own with one compute thread, on the same file."""

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from msgspec import Struct

from bench.servers import ROOT, free_port, ready, running
from providers.engine.client import Engine
from providers.engine.line import Line
from proxy.keys import development_key

CONTEXT = 1024
SLOTS = 16
ENGINE, PROXY_NAME = "Halfpenny's engine", "the same through the proxy"
LLAMA_CPP, XLLAMACPP = "llama_cpp.server", "xllamacpp"
PROXY = """
server: {{port: {port}}}
providers:
  local: {{dialect: engine, model: "{model}", slots: {slots}, context: {context}, threads: 1}}
models:
  measured: {{provider: local}}
"""

XLLAMACPP_PROGRAM = """
import json, sys, time
import xllamacpp
wish = json.loads(sys.argv[1])
params = xllamacpp.CommonParams()
params.model.path = wish["model"]
params.n_parallel, params.n_ctx = wish["slots"], wish["slots"] * wish["context"]
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.n_threads_http, params.port, params.verbosity = 4, wish["port"], 0
server = xllamacpp.Server(params)
while True:
    time.sleep(60)
"""


class Peer(Struct, frozen=True):
    """A running server: its process, and its port (0: a unix socket)."""

    name: str
    pid: int
    port: int


def installed(python: Path | None, module: str) -> bool:
    """Whether that interpreter has the module."""
    if python is None:
        return False
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0


@contextmanager
def llama_cpp_server(python: Path, model: Path, folder: Path) -> Iterator[Peer]:
    """The server that comes with llama-cpp-python; without `--interrupt_requests false` it kills running streams."""
    port = free_port()
    options = {"model": model, "n_ctx": CONTEXT, "n_threads": 1, "n_threads_batch": 1, "port": port}
    words = [str(python), "-m", "llama_cpp.server", "--interrupt_requests", "false"]
    for name, value in options.items():
        words += [f"--{name}", str(value)]
    with running(words, None, folder / "llama_cpp_server.log") as process:
        ready(process, port, "any", "")
        yield Peer(LLAMA_CPP, process.pid, port)


@contextmanager
def xllamacpp(python: Path, model: Path, folder: Path) -> Iterator[Peer]:
    """llama.cpp's own C++ server, as the wheel brings it."""
    port = free_port()
    wish = json.dumps({"model": str(model), "slots": SLOTS, "context": CONTEXT, "port": port})
    words = [str(python), "-c", XLLAMACPP_PROGRAM, wish]
    with running(words, None, folder / "xllamacpp.log") as process:
        ready(process, port, "any", "")
        yield Peer(XLLAMACPP, process.pid, port)


@contextmanager
def proxy(model: Path, folder: Path) -> Iterator[tuple[Peer, str]]:
    """The whole of Halfpenny before the same engine, and the key to ask it with."""
    data, config, port = folder / "data", folder / "config.yaml", free_port()
    data.mkdir(mode=0o700)
    key = development_key(data, time.time_ns)
    config.write_text(PROXY.format(port=port, model=model, slots=SLOTS, context=CONTEXT))
    words = [sys.executable, "-m", "proxy", "serve", "--development", "--config", str(config)]
    environ = {"HALFPENNY_DATA": str(data), "PYTHONPATH": str(ROOT)}
    with running(words, None, folder / "halfpenny.log", environ) as process:
        ready(process, port, "measured", key)
        yield Peer(PROXY_NAME, process.pid, port), key


@asynccontextmanager
async def engine(model: Path, folder: Path) -> AsyncIterator[tuple[Peer, Line]]:
    """Halfpenny's engine alone, asked on its own socket."""
    path = folder / "engine.sock"
    settings = Engine(model=str(model), slots=SLOTS, context=CONTEXT, threads=1)
    with running([sys.executable, *settings.arguments(str(path))], None, folder / "engine.log") as process:
        line = Line(str(path), 60.0, 60.0)
        await line.connect()
        yield Peer(ENGINE, process.pid, 0), line
        await line.aclose()
