"""Token ids back into text, from a `.tiktoken` file: a line for each token, its bytes in base64 and its id.

The reverse of tiktoken's encoding is a look-up and needs no tiktoken, which would load a regular expression engine and
fetch the file from the network where it is missing.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from providers.tiktokens import ENCODINGS, Encoding, Name


class NoVocabulary(Exception):
    """The vocabulary cannot be had; the message says why."""


class UnknownToken(Exception):
    """An id that the vocabulary does not have."""


class Vocabulary:
    """The bytes of every token by its id."""

    def __init__(self, tokens: dict[int, bytes]) -> None:
        self._tokens = tokens

    def text(self, ids: Sequence[int]) -> str:
        """What these tokens say; bytes that are no UTF-8 become U+FFFD, as in tiktoken. Raises UnknownToken."""
        try:
            return b"".join(map(self._tokens.__getitem__, ids)).decode("utf-8", "replace")
        except KeyError as missing:
            raise UnknownToken(f"{missing.args[0]}") from None


def find(name: Name, folders: Sequence[Path]) -> Vocabulary:
    """From the first right file, named as in a TIKTOKEN_CACHE_DIR or `NAME.tiktoken`. Raises NoVocabulary."""
    encoding = ENCODINGS[name]
    paths = [folder / file for folder in folders for file in (encoding.cached, f"{name}.tiktoken")]
    wrong = ""
    for path in paths:
        try:
            content = path.read_bytes()
        except OSError:
            continue
        if sha256(content).hexdigest() == encoding.digest:
            return read(content, encoding)
        wrong = f"; {path} is another file (sha256)"
    raise NoVocabulary(f"the vocabulary {name} is not installed{wrong}")


def read(content: bytes, encoding: Encoding) -> Vocabulary:
    """A vocabulary from a file's content. Raises NoVocabulary."""
    tokens = {id: mark.encode() for id, mark in encoding.special.items()}
    try:
        for line in content.splitlines():
            coded, _, id = line.partition(b" ")
            if coded:
                tokens[int(id)] = b64decode(coded, validate=True)
    except (ValueError, Base64Error) as error:
        raise NoVocabulary(f"not a .tiktoken file: {error}") from error
    return Vocabulary(tokens)
