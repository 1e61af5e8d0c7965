"""What a head sees of a conversation: hashed 1- and 2-grams of the last user turn, and surface features.

Nothing here is learned, so a head that is trained later moves no other. A long turn is read by its head and tail only,
which makes the cost flat. The grams: lower-cased words, runs of digits by their length, single signs other than
sentence marks; neighbours as pairs, with a mark for beginning and end; earlier user turns in buckets of their own.
"""

import math
import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from providers.words import Message

Ids = NDArray[np.uint32]
Floats = NDArray[np.float32]

BITS = 18
BUCKETS = 1 << BITS
FIRST, LAST = 1_000, 500
"""Characters read of a long turn."""
USUAL = 200
"""Characters of a system prompt, or of earlier turns, that are nothing special."""
EARLIER, EARLIER_CHARS = 3, 200
"""User turns before the last one that are read, and characters of each."""

SURFACE = (
    *("chars", "words", "word_length", "digits", "capitals", "non_ascii", "english", "signs", "code", "maths"),
    *("lines", "question", "listing", "structure", "turns", "long_system", "long_context", "cut"),
)
"""The names of the surface features, in their order."""

_WORD = re.compile(rb"[a-z_\x80-\xff]+|0+|[^\s\w.,!?;:\"'`\x80-\xff]")
_CODE = re.compile(
    rb"```|=>|</|/>|\(\)|\{\}|;\n|\b(?:def|function|class|import|include|const|var|return|select|public|void)\b.{0,40}[({;*:<=]"
)
_MATHS = re.compile(
    rb"\\[a-z]+\{|\$[^$\n]+\$|0 ?[-+*/^=] ?[0a-z(]|[a-z)] ?[+*/^=] ?0|\b(?:equation|integral|theorem|prove|modulo)\b"
)
_LISTING = re.compile(rb"\b(?:lists?|bullet|steps?|examples|ideas|ways|reasons|compare|outline|summar\w+)\b")
_STRUCTURE = re.compile(rb"\b(?:json|yaml|xml|csv|table|schema|markdown|regex|sql)\b")
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_CAPITALS = bytes(range(65, 91))
_NON_ASCII = bytes(range(128, 256))
_SIGNS = b"{}()[]<>=+*/\\|_^$#@~&%;"
FUNCTION_WORDS = (
    b"a an and are as at be but by can do for from have how i if in is it my not of on or that the their there this to "
    b"was what when where which who why will with you your"
)
_ENGLISH = frozenset(crc32(word) for word in FUNCTION_WORDS.split())
_EDGE = np.array([crc32(b"\n")], dtype=np.uint32)
_LEFT, _RIGHT, _PAIR = np.uint32(2_654_435_761), np.uint32(2_246_822_519), np.uint32(374_761_393)
_EARLIER = np.uint32(3_266_489_917)


class Features(Struct, frozen=True):
    """One conversation as numbers: distinct buckets of words, of neighbours, of earlier turns' words; surface,
    (SURFACE,)."""

    words: Ids
    pairs: Ids
    earlier: Ids
    surface: Floats


def features(messages: Sequence[Message]) -> Features:
    """Read a conversation; what is asked is its last user turn, or its last message when no user speaks."""
    last = _last(messages)
    text = asked(messages)
    raw = _cut(text).encode("utf-8", "surrogatepass")
    read = _plain(_cut(text))
    spoken = _WORD.findall(read)
    hashes = _hashes(spoken)
    surface = _surface(raw, read, spoken, hashes)
    around = _around(messages, last, text)
    return Features(
        np.unique(_bucket(hashes)),
        np.unique(_bucket(_paired(hashes))),
        _before(messages[: max(last, 0)]),
        np.array([_log(len(text)), *surface, *around], dtype=np.float32),
    )


def asked(messages: Sequence[Message]) -> str:
    """The text of the turn that is asked."""
    return messages[_last(messages)].text() if messages else ""


def _last(messages: Sequence[Message]) -> int:
    users = (i for i in range(len(messages) - 1, -1, -1) if messages[i].role == "user")
    return next(users, len(messages) - 1)


def _cut(text: str) -> str:
    return text if len(text) <= FIRST + LAST else f"{text[:FIRST]}\n{text[-LAST:]}"


def _plain(text: str) -> bytes:
    return text.lower().encode("utf-8", "surrogatepass").translate(_DIGITS)


def _hashes(words: Sequence[bytes]) -> Ids:
    return np.fromiter(map(crc32, words), np.uint32, len(words))


def _paired(hashes: Ids) -> Ids:
    edged = np.concatenate((_EDGE, hashes, _EDGE))
    return (edged[:-1] * _LEFT) ^ (edged[1:] * _RIGHT + _PAIR)


def _bucket(hashes: Ids) -> Ids:
    return (hashes * _LEFT) >> np.uint32(32 - BITS)


def _before(messages: Sequence[Message]) -> Ids:
    turns = [message for message in messages[-4 * EARLIER :] if message.role == "user"][-EARLIER:]
    words = [word for turn in turns for word in _WORD.findall(_plain(turn.text()[:EARLIER_CHARS]))]
    return np.unique(_bucket(_hashes(words) * _RIGHT + _EARLIER))


def _surface(raw: bytes, read: bytes, words: Sequence[bytes], hashes: Ids) -> list[float]:
    size, count = max(len(raw), 1), max(len(words), 1)
    return [
        _log(len(words)),
        sum(map(len, words)) / count,
        read.count(b"0") / size,
        _share(raw, _CAPITALS),
        _share(raw, _NON_ASCII),
        sum(map(_ENGLISH.__contains__, hashes.tolist())) / count,
        _share(raw, _SIGNS),
        float(_CODE.search(read) is not None),
        float(_MATHS.search(read) is not None),
        _log(read.count(b"\n")),
        float(b"?" in read),
        float(_LISTING.search(read) is not None),
        float(_STRUCTURE.search(read) is not None),
    ]


def _around(messages: Sequence[Message], last: int, text: str) -> list[float]:
    system = sum(_length(message) for message in messages if message.role in ("system", "developer"))
    context = sum(map(_length, messages)) - len(text) - system
    turns = sum(message.role not in ("system", "developer") for message in messages)
    return [_log(max(turns - 1, 0)), _long(system), _long(context), float(len(text) > FIRST + LAST)]


def _length(message: Message) -> int:
    content = message.content
    if content is None or isinstance(content, str):
        return len(content or "")
    return sum(len(part.text) for part in content if part.text)


def _share(raw: bytes, which: bytes) -> float:
    return (len(raw) - len(raw.translate(None, which))) / max(len(raw), 1)


def _long(chars: int) -> float:
    """0 for what everybody puts in front; then the logarithm of how many times longer it is."""
    return math.log(max(chars, USUAL) / USUAL)


def _log(amount: int) -> float:
    return math.log1p(amount)
