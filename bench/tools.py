"""What the benchmark needs from the machine: its two C++ programs, compiled, and nginx, when it can be had."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE.parent / "build" / "bench"


class Missing(Exception):
    """Something that the machine must bring; the text says how."""


def compiled(name: str) -> Path:
    """`bench/NAME.cpp` as a program, compiled anew when a source is newer. Raises Missing."""
    program = BUILT / name
    sources = [HERE / f"{name}.cpp", HERE / "wire.h"]
    if program.exists() and all(program.stat().st_mtime > source.stat().st_mtime for source in sources):
        return program
    if not shutil.which("g++"):
        raise Missing("g++ is missing. On Debian or Ubuntu: sudo apt-get install g++")
    BUILT.mkdir(parents=True, exist_ok=True)
    subprocess.run(["g++", "-std=c++17", "-O2", "-o", str(program), str(sources[0])], check=True)
    return program


def nginx() -> Path | None:
    """nginx; None, with the reason on standard error, when it is missing and cannot be installed."""
    found = _find_nginx()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("bench: installing nginx with apt-get", file=sys.stderr)
        # RUNLEVEL=1 keeps Debian from starting it as a service
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "nginx"]):
            subprocess.run(["apt-get", *words], env=environ, stdout=subprocess.DEVNULL, check=False)
        found = _find_nginx()
    if found is None:
        print("bench: without nginx, which is missing: sudo apt-get install nginx", file=sys.stderr)
    return found


def _find_nginx() -> Path | None:
    found = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    return Path(found) if found else None
