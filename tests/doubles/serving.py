"""The real `halfpenny serve` in processes of its own: supervisor, engine with the demo model, HTTP worker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).resolve().parents[2]
DEMO = """
server: {port: 0}
providers:
  local: {dialect: engine, model: demo}
models:
  demo: {provider: local}
"""


class Served(Struct, frozen=True):
    """A running server: its process, banner, address, development key and data folder."""

    process: subprocess.Popen[str]
    banner: str
    port: int
    key: str
    data: Path

    @property
    def url(self) -> str:
        """What a client names as `base_url`."""
        return f"http://127.0.0.1:{self.port}/v1"

    def children(self, module: str) -> list[int]:
        """Process ids of the supervisor's children that run this module."""
        found = []
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            for pid in _read(task / "children").split():
                if module.encode() in _read(Path(f"/proc/{pid.decode()}/cmdline")).split(b"\0"):
                    found.append(int(pid))
        return found


def _read(path: Path) -> bytes:
    """Nothing when the process or the thread has ended meanwhile."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


@contextmanager
def serving(folder: Path, config: str = DEMO) -> Iterator[Served]:
    """Serve this configuration from a fresh data folder until the end; yields once the banner is printed."""
    path = folder / "config.yaml"
    path.write_text(config)
    data = folder / "data"
    environ = {**os.environ, "HALFPENNY_DATA": str(data), "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "proxy", "serve", "--development", "--config", str(path)]
    with (folder / "stderr").open("w") as errors:
        process = subprocess.Popen(words, env=environ, cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            banner = _banner(process)
            port = int(banner.split("http://127.0.0.1:")[1].split()[0].split("/")[0])
            yield Served(process, banner, port, (data / "dev.key").read_text().strip(), data)
        finally:
            process.terminate()
            try:
                process.wait(20)
            finally:
                process.kill()
                process.communicate()  # closes its pipe too


def _banner(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line.startswith("  3."):
            return text
    raise AssertionError(f"no banner: {text}")
