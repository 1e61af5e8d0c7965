"""A real Postgres on a unix socket in a fresh folder, for tests. Root, which it refuses, runs it as nobody."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres")) or [
    Path(found) for found in [shutil.which("postgres")] if found
]
PROGRAMS = FOUND[-1].parent if FOUND else Path()
MISSING = "postgres is missing: `apt-get install postgresql`"
NOBODY = 65534
PATIENCE = 30.0


class PostgresServer:
    """`url` stays the same over restarts; `database()` makes a fresh one and says its url."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="halfpenny-pg-"))
        self._data = self.folder / "data"
        self._who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0
        if os.geteuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-N", "--no-locale", "-E", "UTF8")

    def _run(self, program: str, *arguments: str) -> None:
        said = subprocess.run(
            [PROGRAMS / program, *arguments], cwd=self.folder, capture_output=True, text=True, **self._who
        )  # type: ignore[call-overload]
        if said.returncode:
            raise RuntimeError(said.stderr)

    def start(self) -> None:
        """Start and wait until it answers."""
        settings = {
            "listen_addresses": "", "unix_socket_directories": str(self.folder), "max_connections": "100",
            "shared_buffers": "16MB", "fsync": "off", "autovacuum": "off",
        }  # fmt: skip
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = (self.folder / "postgres.log").open("ab")
        self._process = subprocess.Popen(
            [PROGRAMS / "postgres", "-D", str(self._data), *flags], stdout=log, stderr=log, cwd=self.folder, **self._who
        )  # type: ignore[call-overload]
        log.close()
        until = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > until:
                raise RuntimeError((self.folder / "postgres.log").read_text())
            time.sleep(0.02)

    def _answers(self) -> bool:
        command = [str(PROGRAMS / "pg_isready"), "-q", "-h", str(self.folder)]
        return subprocess.run(command, cwd=self.folder).returncode == 0

    def stop(self) -> None:
        """Stop at once, cutting everybody off."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def database(self) -> str:
        """A fresh, empty database."""
        self._made += 1
        self._run("createdb", "-h", str(self.folder), "-U", "postgres", f"test{self._made}")
        return f"postgresql://postgres@/test{self._made}?host={self.folder}"

    def __enter__(self) -> "PostgresServer":
        self.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
