"""Long texts in pieces for llama.cpp's tokeniser, whose time grows with the square of the marks in one text.

Marks are tokens that it finds by their texts before all others: control tokens, and what a vocabulary defines beside
its merges. What lies between two of them it tokenises by itself, so a cut before a mark changes no token. Without
cuts 90 000 marks, which fit in a message of a megabyte, would keep everybody waiting for minutes.
"""

import re
from collections.abc import Iterable, Iterator

MOST = 256
"""Marks in one piece, after which the next cut is made where it can be."""


class Cutter:
    """Cuts before some marks. A mark that takes white space before it along must not be among them."""

    def __init__(self, marks: Iterable[str], most: int = MOST) -> None:
        self._marks = {mark for mark in marks if mark}
        self._sizes = sorted({len(mark) for mark in self._marks}, reverse=True)
        begins = sorted({mark[:2] for mark in self._marks})
        self._begin = re.compile(f"(?={'|'.join(map(re.escape, begins))})") if begins else None
        self._most = most

    def pieces(self, text: str) -> list[str]:
        """The text in pieces."""
        found, cuts = 0, [0]
        for at in self._found(text):
            if found >= self._most and not (text[at].isspace() and text[at - 1].isspace()):
                cuts.append(at)
                found = 0
            found += 1
        return [text[start:end] for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]

    def _found(self, text: str) -> Iterator[int]:
        """Where marks are, the longest first, none within another."""
        end = 0
        for begun in self._begin.finditer(text) if self._begin is not None else ():
            at = begun.start()
            size = next((size for size in self._sizes if text[at : at + size] in self._marks), 0) if at >= end else 0
            if size:
                end = at + size
                yield at
