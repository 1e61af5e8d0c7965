"""A real Redis on a unix socket in a fresh folder, for tests; killed, frozen and started anew at will."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

PROGRAM = shutil.which("redis-server") or ""
MISSING = "redis-server is missing: `apt-get install redis-server`"
PATIENCE = 20.0


class RedisServer:
    """`url` stays the same over restarts. `settings` are lines of redis.conf."""

    def __init__(self, *settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="halfpenny-redis-"))
        self.socket = self.folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        lines = (
            *(f"port {self.port}", "bind 127.0.0.1", f"unixsocket {self.socket}", f"dir {self.folder}"),
            *('save ""', "appendonly no", "enable-debug-command yes", *self._settings),
        )
        config = self.folder / "redis.conf"
        config.write_text("\n".join(lines) + "\n")
        self.socket.unlink(missing_ok=True)
        log = (self.folder / "redis.log").open("ab")
        self._process = subprocess.Popen([PROGRAM, str(config)], stdout=log, stderr=log)
        log.close()
        until = time.monotonic() + PATIENCE
        while b"+PONG" not in self.say("PING"):
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError((self.folder / "redis.log").read_text())
            time.sleep(0.005)

    def say(self, *words: str) -> bytes:
        """A command, apart from everybody; what came back, empty when nobody listens."""
        try:
            with socket.socket(socket.AF_UNIX) as mouth:
                mouth.settimeout(5)
                mouth.connect(str(self.socket))
                text = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
                mouth.sendall(f"*{len(words)}\r\n{text}".encode())
                return mouth.recv(65536)
        except OSError:
            return b""

    def kill(self) -> None:
        """`kill -9`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it answer nobody until `thaw`."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
