"""One child process that is kept running: started, listened to, restarted when it dies, ended when told."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

_LIVED = 60.0
"""Seconds of life after which a death counts as the first again."""
_LINE = 1 << 20
"""Bytes of the longest line of output."""
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class Program(Struct, frozen=True, kw_only=True):
    """What to run: `words` follow the interpreter; `fds` are inherited; delays between restarts grow from `first` to
    `most` seconds; an exit with one of the codes `final` is not followed by a restart; `trial`: nor is any exit with a
    code until `proven`."""

    name: str
    words: Sequence[str]
    environ: Mapping[str, str]
    fds: tuple[int, ...] = ()
    first: float = 0.1
    most: float = 1.0
    final: frozenset[int] = frozenset()
    trial: bool = False


class Child:
    """Keeps a program running.

    `notice` gets a sentence for the operator when it dies; `hear` gets its lines of output, when given.
    """

    def __init__(
        self, program: Program, notice: Callable[[str], None], hear: Callable[[bytes], None] | None = None
    ) -> None:
        self.name = program.name
        self._program = program
        self._notice = notice
        self._hear = hear
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._trial = program.trial

    @property
    def pid(self) -> int | None:
        """The running process; None between two lives."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def run(self) -> int:
        """Keep it running until `stop` or a final exit; the last exit code (minus the signal's number when killed)."""
        loop = asyncio.get_running_loop()
        pauses = delays(self._program.first, self._program.most)
        code = 0
        while not self._stopping.is_set():
            began = loop.time()
            code = await self._live()
            if self._stopping.is_set():
                break
            if code in self._program.final or (self._trial and code >= 0):
                self._notice(f"{self.name} {ending(code)} and is not started again")
                break
            if loop.time() - began >= _LIVED:
                pauses = delays(self._program.first, self._program.most)
            pause = next(pauses)
            self._notice(f"{self.name} {ending(code)}; it starts again in {pause:g} s")
            await self._rest(pause)
        return code

    def stop(self, number: int) -> None:
        """Send the signal and start it no more."""
        self._stopping.set()
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    def proven(self) -> None:
        """It has worked: from now on whatever ends it, it starts again."""
        self._trial = False

    async def _live(self) -> int:
        output = subprocess.PIPE if self._hear else None
        self._process = await spawn(self._program, stdin=subprocess.DEVNULL, stdout=output)
        if self._stopping.is_set():
            self._process.terminate()
        if self._hear is not None and self._process.stdout is not None:
            async for line in self._process.stdout:
                self._hear(line)
        return await self._process.wait()

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return


async def spawn(program: Program, stdin: int, stdout: int | None) -> asyncio.subprocess.Process:
    """Start the program once, with an end that is tied to ours."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        *program.words,
        stdin=stdin,
        stdout=stdout,
        env=environment(program.environ),
        limit=_LINE,
        pass_fds=program.fds,
        # A Ctrl-C reaches the whole foreground group: children would die in the middle of the drain.
        start_new_session=True,
        preexec_fn=_end_with_parent(os.getpid()) if sys.platform == "linux" else None,
    )


def delays(first: float, most: float) -> Iterator[float]:
    """Seconds before each restart: doubling from `first`, never above `most`."""
    while True:
        yield first
        first = min(first * 2, most)


def ending(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The child's environment: our own packages come first, whatever stands in the current folder or beside them.

    numpy's OpenBLAS gets one thread: its others would spin on the cores that the engine computes on.
    """
    home = str(Path(__file__).resolve().parents[1])
    paths = [home, *filter(None, [environ.get("PYTHONPATH")])]
    return {"OPENBLAS_NUM_THREADS": "1", **environ, "PYTHONPATH": os.pathsep.join(paths)}


def _end_with_parent(parent: int) -> Callable[[], None]:
    """Runs in the child before its program: a supervisor that is killed leaves no orphans."""

    def prepare() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(0)

    return prepare
