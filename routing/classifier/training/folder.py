"""A folder of a user's own heads: `heads.npz`, and `heads.json`, its record, which is read without numpy."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

HEADS, RECORD, EMBEDDED = "heads.npz", "heads.json", "embedded.npz"


def embedded(folder: Path) -> Path:
    """Where tier 1's head lies, if these heads were fitted with an encoder."""
    return folder / EMBEDDED


class BadHeads(ValueError):
    """Why a folder's heads cannot be used; the message is for the operator."""


class Placed(Struct, frozen=True):
    """A model's line on the scale of difficulty: logit of P(good) = slope · the scale's + shift; from so many rows."""

    slope: float
    shift: float
    rows: int


class Record(Struct, frozen=True):
    """What is known of the heads beside: `heads` is the file's sha256, `models` the lines of models by name, `weak` and
    `strong` the pair that the report is about."""

    heads: str
    weak: str
    strong: str
    models: Mapping[str, Placed]
    report: Mapping[str, Any] = {}


def record(folder: Path) -> Record:
    """The record, when the heads beside it are those that it speaks of. Raises BadHeads."""
    try:
        found = msgspec.json.decode((folder / RECORD).read_bytes(), type=Record)
        digest = sha256((folder / HEADS).read_bytes()).hexdigest()
    except OSError as error:
        name = Path(str(error.filename)).name
        why = f"{name} in {folder} cannot be read: {error.strerror}"
        raise BadHeads(f"{why}; `halfpenny router fit` writes it") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadHeads(f"{folder / RECORD} is no record of heads: {error}") from None
    if digest != found.heads:
        raise BadHeads(f"{folder / HEADS} is not the file that {RECORD} speaks of: it is broken or half copied")
    return found
