"""Runs a build and shows how far it is: steps done of all, and the time; after a failure the end of the build's log.

`python deploy/progress.py COMMAND…` needs only the standard library: it runs before anything is installed.
"""

import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable

_STEP = re.compile(r"\[\s*(\d+)(?:/(\d+)|%)\]")
_KEPT = 60
"""Lines of the log that are shown when the build fails."""


def step(line: str) -> tuple[int, int] | None:
    """(done, all) in a line of ninja (`[12/83]`) or make (`[ 14%]`); None in any other."""
    found = _STEP.search(line)
    return (int(found[1]), int(found[2] or 100)) if found else None


def follow(lines: Iterable[str], began: float) -> deque[str]:
    """Show the steps in these lines as they come; returns the last lines."""
    kept: deque[str] = deque(maxlen=_KEPT)
    shown = (0, 0)
    for line in lines:
        kept.append(line)
        now = step(line)
        if now is not None and now != shown:
            shown = now
            show(f"llama.cpp: {now[0]}/{now[1]} steps, {time.monotonic() - began:.0f} s")
    if shown[1]:
        print()
    return kept


def show(text: str) -> None:
    """Over the line before on a terminal; a line of its own in a log."""
    print(f"\r  {text}  " if sys.stdout.isatty() else f"  {text}\n", end="", flush=True)


def main(command: list[str]) -> int:
    """Run it; its exit code."""
    began = time.monotonic()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as build:
        assert build.stdout is not None
        kept = follow(build.stdout, began)
    if build.returncode:
        print("".join(kept))
    return build.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
