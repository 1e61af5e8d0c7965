"""The servers of one run, each a process of its own on its core, up at once until the run ends."""

import compileall
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from bench import answers, tools
from proxy.keys import development_key

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0
HALFPENNY = """
server: {{port: {port}}}
providers:
  local: {{dialect: engine, model: demo}}
  mock: {{dialect: openai, base_url: "http://127.0.0.1:{upstream}/v1", credential: sk-of-the-mock}}
models:
  demo: {{provider: local}}
  free: {{provider: mock, tier: small, price: free}}
  paid: {{provider: mock, tier: strong, price: {{input: $0.15, output: $0.60}}}}
budgets:
  - {{name: month, window: month, limit: $100000, alert_at: 70%, stop_at: 95%}}
  - {{name: development, key: development, window: day, limit: $10000}}
"""
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000000;
    upstream mock {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    }}
}}
"""


class Server(Struct, frozen=True):
    """A running server. `ready` is the seconds from its start to the first 200 on a chat request."""

    pid: int
    port: int
    key: str = ""
    ready: float = 0.0


@contextmanager
def mock(folder: Path, core: int) -> Iterator[Server]:
    """The upstream that always answers."""
    files = {"whole": answers.whole(), "stream": answers.stream()}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    words = [str(tools.compiled("mock")), *(str(folder / name) for name in files)]
    with running(words, core, folder / "mock.log", pipe=True) as process:
        assert process.stdout is not None
        yield Server(process.pid, int(process.stdout.readline()))


@contextmanager
def nginx(program: Path, folder: Path, upstream: int, core: int) -> Iterator[Server]:
    """nginx as a plain reverse proxy: no keys, no costs, no log."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, upstream=upstream))
    with running([str(program), "-p", str(folder), "-c", str(config)], core, folder / "nginx.err") as process:
        yield Server(process.pid, port, "", ready(process, port, "any", ""))


@contextmanager
def halfpenny(folder: Path, upstream: int, core: int) -> Iterator[Server]:
    """`halfpenny serve` with everything on: engine, keys, ledger with budgets, metrics, log. Byte-compiled first."""
    for package in ("proxy", "routing", "providers"):
        compileall.compile_dir(ROOT / package, quiet=2)
    port = free_port()
    data, config = folder / "data", folder / "config.yaml"
    data.mkdir(mode=0o700)
    key = development_key(data, time.time_ns)
    config.write_text(HALFPENNY.format(port=port, upstream=upstream))
    words = [sys.executable, "-m", "proxy", "serve", "--development", "--config", str(config)]
    environ = {"HALFPENNY_DATA": str(data), "PYTHONPATH": str(ROOT)}
    with running(words, core, folder / "halfpenny.log", environ) as process:
        yield Server(process.pid, port, key, ready(process, port, "free", key))


@contextmanager
def running(
    words: list[str], core: int | None, log: Path, environ: dict[str, str] | None = None, pipe: bool = False
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process on this core (None: on any), ended with the block."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            words if core is None else ["taskset", "-c", str(core), *words],
            env={**os.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if pipe else out,
            stderr=out,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            process.kill()
            process.communicate()


def ready(process: "subprocess.Popen[bytes]", port: int, model: str, key: str) -> float:
    """Seconds from now until a chat request is answered with 200."""
    began = time.monotonic()
    while time.monotonic() < began + PATIENCE:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        if _answers(answers.request(port, model, key, stream=False), port):
            return time.monotonic() - began
        time.sleep(0.005)
    raise RuntimeError(f"{process.args!r} did not answer for {PATIENCE:g} seconds")


def _answers(request: bytes, port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            connection.sendall(request)
            response = http.client.HTTPResponse(connection)
            response.begin()
            response.read()
    except (OSError, http.client.HTTPException):
        return False
    return response.status == 200


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])
