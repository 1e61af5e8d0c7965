"""The corpus as batches of token ids: an endless stream of shards, bucketed by length, resumable at any step."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from random import Random

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from providers.tiny.corpus.mix import SHARD_SIZE, lines, shard
from providers.tiny.tokenizer import END_OF_TEXT, encode

Array = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """`ids` and `targets` are (batch, length); a target is -1 where nothing is learned."""

    ids: Array
    targets: Array


def padded(rows: list[tuple[list[int], list[bool]]]) -> Batch:
    """Shift by one, pad on the right; the padding is never learned and, being last, never seen."""
    length = max(len(ids) for ids, _ in rows) - 1
    ids = np.full((len(rows), length), END_OF_TEXT, dtype=np.int64)
    targets = np.full((len(rows), length), -1, dtype=np.int64)
    for row, (tokens, learned) in enumerate(rows):
        ids[row, : len(tokens) - 1] = tokens[:-1]
        shifted = [token if wanted else -1 for token, wanted in zip(tokens[1:], learned[1:], strict=True)]
        targets[row, : len(tokens) - 1] = shifted
    return Batch(ids, targets)


def shard_batches(
    tokenizer: Tokenizer, seed: int, index: int, tokens: int, context: int, size: int
) -> tuple[list[Batch], str]:
    """All batches of one shard in random order, each of about `tokens` positions, and the shard's sha256."""
    conversations = shard(seed, index, size)
    digest = sha256(b"".join(lines(conversations))).hexdigest()
    rows = [encode(tokenizer, messages) for messages in conversations]
    rows = sorted((row for row in rows if len(row[0]) <= context), key=lambda row: len(row[0]))
    batches: list[Batch] = []
    group: list[tuple[list[int], list[bool]]] = []
    for row in rows:
        if group and len(row[0]) * (len(group) + 1) > tokens:
            batches.append(padded(group))
            group = []
        group.append(row)
    batches.append(padded(group))
    Random(f"{seed}/{index}/order").shuffle(batches)
    return batches, digest


def stream(
    tokenizer: Tokenizer, seed: int, first: int, skip: int, tokens: int, context: int, size: int = SHARD_SIZE
) -> Iterator[tuple[int, int, str, Batch]]:
    """(shard, position in it, sha256, batch) from batch `skip` of shard `first` on, without end."""
    index = first
    while True:
        batches, digest = shard_batches(tokenizer, seed, index, tokens, context, size)
        for position in range(skip, len(batches)):
            yield index, position, digest, batches[position]
        skip, index = 0, index + 1
