"""Fetches model files from the Hugging Face hub into its own cache, checked before they count; and removes them.

`huggingface_hub` does the transfer: progress, resuming, tokens, offline mode (HF_TOKEN, HF_HUB_OFFLINE, HF_ENDPOINT,
HF_HOME and the rest of its variables hold). It reads them when it is imported, so `prepare` comes first.
"""

import os
import re
import shutil
from collections.abc import Callable, Mapping
from hashlib import file_digest
from pathlib import Path
from typing import Any

from msgspec import Struct

from providers import hub
from providers.engine import header
from providers.hub import Reference

SPARE = 256 * 1024 * 1024
"""Bytes that must stay free on the disk."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


class NotPulled(Exception):
    """Why a model is not here; the message is for the operator."""


class Pulled(Struct, frozen=True):
    """A model that is here: its first file, the commit it is of, bytes of all files, and the first one's sha256."""

    path: Path
    commit: str
    size: int
    sha256: str
    architecture: str


def prepare(environ: Mapping[str, str]) -> None:
    """Settings for `huggingface_hub`: no telemetry, and plain HTTP, which resumes (HF_HUB_DISABLE_XET=0: its Xet)."""
    os.environ.update({name: value for name, value in environ.items() if name.startswith("HF_")})
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")


def pull(wanted: Reference, sha256: str | None, folder: Path, say: Callable[[str], None]) -> Pulled:
    """Fetch what is missing of a model, and check it; `sha256` is what its first file must have. Raises NotPulled."""
    infos = [_asked(part, folder, dry_run=True) for part in wanted.parts()]
    commit = infos[0].commit_hash
    missing = sum(info.file_size for info in infos if info.will_download)
    _check_room(folder, missing)
    if missing:
        say(f"fetching {missing / 1e6:.1f} MB of {wanted.repo} at {commit[:12]}")
    # the commit, not the branch: all parts must be of one state, whatever is uploaded meanwhile
    pinned = [Reference(part.repo, part.file, commit) for part in wanted.parts()]
    paths = [Path(_asked(part, folder)) for part in pinned]
    digests = [_checked(path) for path in paths]
    if sha256 is not None and digests[0] != sha256.lower():
        raise NotPulled(f"{paths[0].name} has the sha256 {digests[0]}, not the expected one")
    _point(wanted, commit, folder)
    size = sum(path.stat().st_size for path in paths)
    return Pulled(paths[0], commit, size, digests[0], _architecture(paths[0]))


def remove(wanted: Reference, folder: Path) -> int:
    """Remove a model's files, and the data that nothing else in the cache needs; the bytes freed. Raises NotPulled."""
    first = hub.copy(wanted, folder)
    if first is None:
        raise NotPulled(f"{wanted} is not on this machine")
    names = {part.file for part in wanted.parts()}
    home = hub.repository(folder, wanted.repo)
    snapshot = first.parents[wanted.file.count("/")]
    doomed = [snapshot / name for name in names]
    blobs = {path.resolve() for path in doomed}
    for path in doomed:
        path.unlink()
    needed = {path.resolve() for path in (home / "snapshots").rglob("*") if path.is_symlink()}
    freed = 0
    for blob in blobs - needed:
        if blob.is_file() and blob.is_relative_to(home.resolve()):
            freed += blob.stat().st_size
            blob.unlink()
    if not any(path.is_file() for path in (home / "snapshots").rglob("*")):
        shutil.rmtree(home)
    return freed


def _asked(wanted: Reference, folder: Path, **how: Any) -> Any:
    from huggingface_hub import errors, hf_hub_download
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # of its HTTP library

    try:
        return hf_hub_download(wanted.repo, wanted.file, revision=wanted.revision, cache_dir=folder, **how)
    except errors.GatedRepoError:
        raise NotPulled(
            f"{wanted.repo} is gated: accept its terms on its page, then set HF_TOKEN to a token of yours"
        ) from None
    except errors.RepositoryNotFoundError:
        raise NotPulled(f"there is no repository {wanted.repo}, or it is private: then set HF_TOKEN") from None
    except errors.RevisionNotFoundError:
        raise NotPulled(f"{wanted.repo} has no revision {wanted.revision}") from None
    except errors.RemoteEntryNotFoundError:
        raise NotPulled(f"{wanted.repo} has no file {wanted.file} at {wanted.revision}") from None
    except errors.LocalEntryNotFoundError:
        raise NotPulled(f"{wanted} is not here, and the hub cannot be reached (or HF_HUB_OFFLINE is set)") from None
    except (errors.HfHubHTTPError, HTTPError, OSError, ValueError, RuntimeError) as error:
        raise NotPulled(f"{wanted} cannot be fetched: {error}; what is here is kept, try again to go on") from None


def _check_room(folder: Path, missing: int) -> None:
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if missing and missing + SPARE > free:
        raise NotPulled(f"{missing / 1e9:.1f} GB are missing, and only {free / 1e9:.1f} GB are free at {existing}")


def _checked(path: Path) -> str:
    """The file's sha256, which large files on the hub are named by. A wrong or foreign file goes. Raises NotPulled."""
    blob = path.resolve()
    with blob.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    wrong = ""
    if _SHA256.fullmatch(blob.name) and digest != blob.name:
        wrong = f"{path.name} is broken: its sha256 is {digest}, and the hub says {blob.name}"
    else:
        try:
            header.read(path)
        except header.HeaderError as error:
            wrong = str(error)
    if wrong:
        path.unlink()
        blob.unlink(missing_ok=True)
        raise NotPulled(wrong)
    return digest


def _point(wanted: Reference, commit: str, folder: Path) -> None:
    """Let a branch or tag mean this commit, as the hub's own downloads do."""
    if wanted.revision != commit:
        named = hub.repository(folder, wanted.repo) / "refs" / wanted.revision
        named.parent.mkdir(parents=True, exist_ok=True)
        named.write_text(commit)


def _architecture(path: Path) -> str:
    return header.read(path).architecture
