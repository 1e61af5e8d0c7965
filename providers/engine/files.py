"""Which file is served: a path, or the fitting one of a folder or a pattern; a model in several parts is its first."""

import re
from pathlib import Path

from providers import hub
from providers.engine.header import HeaderError

_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$", re.IGNORECASE)


def chosen(model: str, quantisation: str | None) -> Path:
    """The file that `model` (path, folder, pattern with *, `hf:…`) means. Raises HeaderError, naming the choice.

    Of several files, `quantisation` names one, in any spelling (`q4_k_m`, `Q4-K-M`).
    """
    if model.startswith(hub.SCHEME):
        return _from_hub(model)
    path = Path(model).expanduser()
    if not path.is_dir() and "*" not in model:
        return path
    folder, pattern = (path, "*.gguf") if path.is_dir() else (path.parent, path.name)
    found = [file for file in sorted(folder.glob(pattern)) if _first(file)]
    if quantisation is not None:
        found = [file for file in found if _words(quantisation) in _words(file.stem)]
    if len(found) == 1:
        return found[0]
    wanted = f" of {quantisation}" if quantisation else ""
    names = ", ".join(file.name for file in found[:8]) or "none"
    raise HeaderError(f"{model} does not say which GGUF file{wanted} is meant ({names}): set `quantisation` or a path")


def parts(path: Path) -> list[Path]:
    """All files of the model that begins with this one. Raises HeaderError when one is missing."""
    part = _PART.search(path.name)
    if part is None:
        return [path]
    stem, count = path.name[: part.start()], int(part[2])
    found = [path.with_name(f"{stem}-{at:05d}-of-{count:05d}.gguf") for at in range(1, count + 1)]
    for file in found:
        if not file.is_file():
            raise HeaderError(f"{path} has {count} parts, and {file.name} is missing")
    return found


def _from_hub(model: str) -> Path:
    try:
        return hub.local(model)
    except hub.BadReference as error:
        raise HeaderError(str(error)) from error


def _first(path: Path) -> bool:
    part = _PART.search(path.name)
    return path.is_file() and (part is None or int(part[1]) == 1)


def _words(name: str) -> str:
    """`Q4-K-M` and `m.q4_k_m` in one spelling, between underscores."""
    return "_" + re.sub(r"[-.\s]", "_", name.lower()) + "_"
