"""The data that heads are trained on, as rows; and the split that keeps parts of it unseen.

`data/` stands in the repository with its licences (see the notices there) and is not part of the installed package.
"""

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from providers.words import Message

DATA = Path(__file__).with_name("data")
MMLU = DATA / "mmlu" / "mmlu_1530.jsonl.gz"
DOLLY = DATA / "dolly" / "databricks-dolly-15k.v1.jsonl.gz"
DEMO = DATA / "demo" / "outcomes.jsonl.gz"

Part = Literal["train", "calibrate", "evaluate"]
T = TypeVar("T")

_GZIP = b"\x1f\x8b"
_WORD = re.compile(r"[^\W_]+")


class Outcome(Struct, frozen=True):
    """A prompt and how good two models' answers were: 0 or 1 from a check, or a judge's score on one scale for both.

    The rows of every outcome file; further fields are ignored.
    """

    prompt: str
    weak_correct: float | bool
    strong_correct: float | bool


class Instruction(Struct, frozen=True):
    """A row of Dolly."""

    instruction: str
    context: str = ""

    def prompt(self) -> str:
        """As a user would send it."""
        return f"{self.instruction}\n\n{self.context}" if self.context else self.instruction


class Asked(Struct, frozen=True):
    """What the demo model was asked, and whether its answer passed the family's own check.

    `held_out`: the prompt is on that side of the corpus which the model never saw; `way`: how it was put.
    """

    family: str
    held_out: bool
    way: str
    messages: tuple[Message, ...]
    good: bool

    def part(self) -> Part:
        """By its last turn."""
        return part(self.messages[-1].text())


def part(prompt: str) -> Part:
    """Which part a prompt belongs to, by its words alone: 70 % train, 15 % calibrate, 15 % evaluate."""
    plain = " ".join(_WORD.findall(prompt.lower())) or prompt.strip()
    place = int.from_bytes(sha256(b"part/" + plain.encode("utf-8", "surrogatepass")).digest()[:4], "big") % 100
    return "train" if place < 70 else "calibrate" if place < 85 else "evaluate"


def read_rows(path: Path, kind: type[T]) -> list[T]:
    """JSON lines, gzip or not. Raises OSError, or ValueError that names the line."""
    return [row for _, row in numbered(path, kind)]


def numbered(path: Path, kind: type[T]) -> Iterator[tuple[int, T]]:
    """The same, each with its line's number. Raises OSError, or ValueError that names the line."""
    decoder = msgspec.json.Decoder(kind)
    for number, line in enumerate(_content(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield number, decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ValueError(f"{path.name}, line {number}: {error}") from None


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    try:
        text = gzip.decompress(content) if content[:2] == _GZIP else content
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{path.name} is a broken gzip file: {error}") from None
    return text.removeprefix(b"\xef\xbb\xbf")


def write_rows(path: Path, rows: Sequence[Struct]) -> None:
    """JSON lines under gzip; the same bytes for the same rows."""
    lines = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
    path.write_bytes(gzip.compress(lines, 9, mtime=0))


def user(prompt: str) -> tuple[Message, ...]:
    """A conversation of one turn."""
    return (Message("user", prompt),)
