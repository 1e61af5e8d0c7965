"""Under which conditions a run was made, in lines for people."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("litestar", "uvicorn", "uvloop", "httptools", "msgspec", "apsw", "llama-cpp-python")


def conditions(how: str, nginx: Path | None = None) -> list[str]:
    """When, on what, `how`, with which versions, and how busy the machine was besides."""
    cpu = _processor(Path("/proc/cpuinfo").read_text())
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    versions = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in PACKAGES)]
    if nginx is not None:
        versions.append("nginx " + subprocess.run([nginx, "-v"], capture_output=True, text=True).stderr.split("/")[-1])
    return [
        f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC; {cpu}, {os.cpu_count()} cores, Linux {platform.release()}.",
        f"{how}, at nice {os.nice(0)}; load average at the end {load}.",
        ", ".join(part.strip() for part in versions) + ".",
    ]


def _processor(cpuinfo: str) -> str:
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
