"""Looks around: credentials in the environment, other local servers, GGUF files, accelerator, memory.

Asks the local servers for half a second. A credential's value is never read, only whether it is there.
"""

import http.client
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import which
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from providers import hub
from providers.engine.machine import available_memory
from proxy.start.known import Known

PATIENCE = 0.5
LARGEST_ANSWER = 1 << 20
MOST_FILES = 8
_MODEL = re.compile(r"[\w][\w.:/@+-]{0,99}")
_LM_STUDIO = (".lmstudio/models", ".cache/lm-studio/models")


class Server(Struct, frozen=True):
    """An OpenAI-compatible server that answers on this machine, and its models."""

    name: str
    url: str
    models: tuple[str, ...]


class Accelerator(Struct, frozen=True):
    """A GPU: what `ACCEL` is called for it, its name, its memory in bytes (0: shared, or not told)."""

    kind: str
    name: str
    memory: int = 0


class Found(Struct, frozen=True):
    """What there is. `credentials` are names of variables; `memory` is in bytes (None: the system does not tell)."""

    credentials: tuple[str, ...]
    servers: tuple[Server, ...]
    files: tuple[str, ...]
    accelerator: Accelerator | None
    memory: int | None


def look(environ: Mapping[str, str], known: Known) -> Found:
    """Look around; takes a second at most."""
    addresses = dict(known.servers)
    if environ.get("OLLAMA_HOST"):
        addresses["ollama"] = _address(environ["OLLAMA_HOST"])
    with ThreadPoolExecutor(len(addresses)) as pool:
        answers = list(pool.map(ask, addresses.values()))
    servers = zip(addresses.items(), answers, strict=True)
    return Found(
        credentials=tuple(name for name in known.providers if environ.get(name)),
        servers=tuple(Server(name, url, models) for (name, url), models in servers if models is not None),
        files=tuple(_files(environ)),
        accelerator=accelerator(environ),
        memory=available_memory(),
    )


def ask(url: str) -> tuple[str, ...] | None:
    """The models of the server at this address; None when nobody there speaks OpenAI's language."""
    place = urlsplit(url)
    try:
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
        connection.request("GET", "/v1/models")
        response = connection.getresponse()
        body = response.read(LARGEST_ANSWER)
        connection.close()
        told = msgspec.json.decode(body, type=_Models) if response.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return None if told is None else tuple(each.id for each in told.data if _MODEL.fullmatch(each.id))


def accelerator(environ: Mapping[str, str]) -> Accelerator | None:
    """The GPU that an engine could be built for."""
    if program := which("nvidia-smi", path=environ.get("PATH")):
        query = [program, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
        told = subprocess.run(query, capture_output=True, text=True, timeout=10, check=False)
        name, _, megabytes = told.stdout.partition("\n")[0].rpartition(",")
        if told.returncode == 0 and megabytes.strip().isdigit():
            return Accelerator("cuda", name.strip(), int(megabytes) << 20)
    if sys.platform == "darwin" and os.uname().machine == "arm64":
        return Accelerator("metal", "Apple silicon")
    return Accelerator("rocm", "an AMD GPU") if Path("/dev/kfd").exists() else None


class _Model(Struct):
    id: str


class _Models(Struct):
    data: list[_Model]


def _address(host: str) -> str:
    """OLLAMA_HOST as an address: it may lack the scheme or the port, and 0.0.0.0 means this machine."""
    place = urlsplit(host if "//" in host else f"http://{host}")
    name = "127.0.0.1" if place.hostname in (None, "0.0.0.0") else place.hostname
    return f"http://{name}:{place.port or 11434}"


def _files(environ: Mapping[str, str]) -> list[str]:
    """Chat models that other programs have fetched: the hub's cache by name, LM Studio's by path."""
    found = [str(each.reference) for each in hub.held(hub.cache(environ))]
    home = Path(environ.get("HOME") or Path.home())
    for folder in _LM_STUDIO:
        found += [str(path) for path in sorted((home / folder).glob("*/*/*.gguf"))]
    return found[:MOST_FILES]
