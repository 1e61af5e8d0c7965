"""A model file of the Hugging Face hub by name, `hf:owner/repo/file.gguf[@revision]`, and where its copy lies here.

Looks only at the cache that `huggingface_hub` fills; nothing here asks the network, and nothing heavy is imported.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

SCHEME = "hf:"
MAIN = "main"
_REFERENCE = re.compile(
    r"hf:(?P<repo>[\w-][\w.-]*/[\w-][\w.-]*)/(?P<file>(?:[\w-][\w.+-]*/)*[\w-][\w.+-]*\.gguf)"
    r"(?:@(?P<revision>[\w-][\w./-]*))?",
    re.IGNORECASE | re.ASCII,
)
_PART = re.compile(r"-\d{5}-of-(\d{5})\.gguf$", re.IGNORECASE)


class BadReference(ValueError):
    """This names no file of the hub, or none that is here; the message is for the operator."""


class Reference(Struct, frozen=True):
    """A file of a repository at a revision: a branch, a tag or a commit."""

    repo: str
    file: str
    revision: str = MAIN

    def __str__(self) -> str:
        at = "" if self.revision == MAIN else f"@{self.revision}"
        return f"{SCHEME}{self.repo}/{self.file}{at}"

    def parts(self) -> "list[Reference]":
        """Every file of the model: a large one comes in several."""
        found = _PART.search(self.file)
        if found is None:
            return [self]
        stem, count = self.file[: found.start()], int(found[1])
        return [
            Reference(self.repo, f"{stem}-{at:05d}-of-{count:05d}.gguf", self.revision) for at in range(1, count + 1)
        ]


def reference(text: str) -> Reference:
    """Read a name. Raises BadReference."""
    found = _REFERENCE.fullmatch(text)
    if found is None or ".." in text:
        raise BadReference(f"`{text}` names no model file: write hf:owner/repo/file.gguf, or with @revision at its end")
    return Reference(found["repo"], found["file"], found["revision"] or MAIN)


def cache(environ: Mapping[str, str]) -> Path:
    """The folder of the hub's own cache: HF_HUB_CACHE, else `hub` in HF_HOME or in the user's cache folder."""
    if environ.get("HF_HUB_CACHE"):
        return Path(environ["HF_HUB_CACHE"]).expanduser()
    user = environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(environ.get("HF_HOME") or f"{user}/huggingface").expanduser() / "hub"


def repository(folder: Path, repo: str) -> Path:
    """Where the cache keeps a repository."""
    return folder / f"models--{repo.replace('/', '--')}"


def copy(wanted: Reference, folder: Path) -> Path | None:
    """The file's copy in this cache; None when it, or one of its parts, is not there."""
    home = repository(folder, wanted.repo)
    named = home / "refs" / wanted.revision
    try:
        commit = named.read_text().strip() if named.is_file() else wanted.revision
    except OSError:
        return None
    paths = [home / "snapshots" / commit / part.file for part in wanted.parts()]
    return paths[0] if all(path.is_file() for path in paths) else None


def local(text: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The copy of what `hf:…` names. Raises BadReference, with the command that fetches it."""
    wanted = reference(text)
    found = copy(wanted, cache(environ))
    if found is None:
        raise BadReference(f"{wanted} is not on this machine: run `halfpenny models pull {wanted}`")
    return found


class Held(Struct, frozen=True):
    """A file in the cache: its commit, and the revisions that point there."""

    reference: Reference
    path: Path
    revisions: tuple[str, ...]


def held(folder: Path) -> Iterator[Held]:
    """Every GGUF file in this cache."""
    for home in sorted(folder.glob("models--*--*")):
        repo = home.name.removeprefix("models--").replace("--", "/", 1)
        refs = [path for path in (home / "refs").rglob("*") if path.is_file()]
        named = [(path.relative_to(home / "refs").as_posix(), path.read_text().strip()) for path in refs]
        for path in sorted((home / "snapshots").glob("*/**/*.gguf")):
            commit, *file = path.relative_to(home / "snapshots").parts
            names = tuple(name for name, at in named if at == commit)
            yield Held(Reference(repo, "/".join(file), commit), path, names)
