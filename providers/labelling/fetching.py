"""Where a sequence classifier's files are: in a folder of one's own, or fetched from the hub into its cache.

`huggingface_hub` does the transfer, with its own variables (HF_TOKEN, HF_HUB_OFFLINE, HF_ENDPOINT, HF_HOME …), which it
reads when it is imported. Weights are taken as safetensors alone: other formats can run code.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from providers.hub import cache

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
NEEDED = (CONFIG, WEIGHTS)
WANTED = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")
"""What describes a tokenizer; a repository has some of them."""
TOKENIZERS = ("tokenizer.json", "vocab.txt")
"""One of these is needed."""
ABSENT = "is not here, and the hub cannot be reached (or HF_HUB_OFFLINE is set)"


class NoModel(Exception):
    """This cannot be served as it is configured; the message is for the operator."""


class Unreachable(Exception):
    """The hub cannot be asked now; later it may."""


def located(folder: Path, repository: str, progress: Callable[[float], bool]) -> Path:
    """The folder with the model's files, fetched when it is not here. Raises NoModel or Unreachable."""
    if (folder / CONFIG).is_file():
        return folder
    if not repository:
        raise NoModel(f"there is no sequence classifier in {folder}: it has no {CONFIG}")
    return fetched(repository, progress)


def fetched(repository: str, progress: Callable[[float], bool]) -> Path:
    """The repository's copy in the hub's cache, fetched where it is missing. Raises NoModel or Unreachable.

    `progress` is told the share of files that are here; of a single large one, each file's own bar tells.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")  # plain HTTP, which resumes
    sizes = {name: size for name in (*NEEDED, *WANTED) if (size := _size(repository, name)) is not None}
    if not set(TOKENIZERS) & set(sizes):
        raise Unreachable(f"the tokenizer of {repository} {ABSENT}")
    missing, done, path = sum(sizes.values()), 0, Path()
    for name, size in sizes.items():
        path = Path(_asked(repository, name, tqdm_class=_bar(progress, done, missing or 1)))
        done += size
    return path.parent


def _size(repository: str, name: str) -> int | None:
    """Bytes to fetch of a file, 0 when it is here; None for one that a repository may do without."""
    found = _asked(repository, name, dry_run=True)
    if found is None:
        return None
    return found.file_size if found.will_download else 0


def _asked(repository: str, name: str, **how: Any) -> Any:
    """The hub's answer about a file; None where there is none, and none is needed."""
    from huggingface_hub import errors, hf_hub_download
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # of its HTTP library

    try:
        return hf_hub_download(repository, name, cache_dir=cache(os.environ), **how)
    except errors.GatedRepoError:
        raise NoModel(f"{repository} is gated: accept its terms on its page, then set HF_TOKEN") from None
    except errors.RepositoryNotFoundError:
        raise NoModel(f"the hub has no repository {repository}, or it is private: then set HF_TOKEN") from None
    except errors.RemoteEntryNotFoundError:
        if name in NEEDED:
            raise NoModel(f"{repository} has no {name}: it is no sequence classifier that can be served") from None
        return None
    except errors.LocalEntryNotFoundError:
        if name in WANTED:
            return None
        raise Unreachable(f"{repository} {ABSENT}") from None
    except (errors.HFValidationError, ValueError) as error:
        raise NoModel(f"`{repository}` names no repository of the hub: {error}") from None
    except (errors.HfHubHTTPError, HTTPError, OSError, RuntimeError) as error:
        raise Unreachable(f"{repository} cannot be fetched: {error}; what is here is kept") from None


def _bar(progress: Callable[[float], bool], done: int, whole: int) -> type[Any]:
    """A progress bar that draws nothing and tells `progress` the share of all bytes."""
    from huggingface_hub import utils

    drawing: Any = utils.tqdm  # type: ignore[attr-defined]

    class Silent(drawing):  # type: ignore[misc]
        def __init__(self, *words: Any, **how: Any) -> None:
            how.pop("name", None)
            super().__init__(*words, **{**how, "disable": True})
            self._fetched = int(how.get("initial") or 0)

        def update(self, n: float | None = 1) -> bool | None:
            self._fetched += int(n or 0)
            progress(min(1.0, (done + self._fetched) / whole))
            return None

    return Silent
