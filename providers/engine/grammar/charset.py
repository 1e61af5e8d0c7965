"""Sets of code points, as sorted, disjoint, inclusive ranges."""

from collections.abc import Iterable
from itertools import pairwise

Charset = tuple[tuple[int, int], ...]

ALL: Charset = ((0, 0xD7FF), (0xE000, 0x10FFFF))
"""Every character: surrogates are none."""


def charset(ranges: Iterable[tuple[int, int]]) -> Charset:
    """The set of these ranges, in any order, overlapping or not."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def of(characters: str) -> Charset:
    """The set of these characters."""
    return charset((ord(each), ord(each)) for each in characters)


def union(sets: Iterable[Charset]) -> Charset:
    """What is in any of them."""
    return charset(each for one in sets for each in one)


def intersection(one: Charset, other: Charset) -> Charset:
    """What is in both."""
    return charset(
        (max(low, start), min(high, end))
        for low, high in one
        for start, end in other
        if max(low, start) <= min(high, end)
    )


def complement(one: Charset) -> Charset:
    """Every character that is not in it."""
    edges = [(-1, -1), *one, (0x110000, 0x110000)]
    gaps = charset((before[1] + 1, after[0] - 1) for before, after in pairwise(edges) if before[1] + 1 < after[0])
    return intersection(gaps, ALL)


def contains(one: Charset, point: int) -> bool:
    """Whether a code point is in it."""
    return any(low <= point <= high for low, high in one)
