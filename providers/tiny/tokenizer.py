"""The tokenizer: byte-level BPE over single digits and the GPT-2 split, which is llama.cpp's pre-tokenizer `smollm`.

A prompt is always tokenised message by message: headers with their control tokens, contents as plain text, so that no
content can forge a control token and the engine meets the very merges that were trained.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
from tokenizers.trainers import BpeTrainer

from providers.tiny.corpus.family import Message
from providers.tiny.corpus.mix import shard

SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
END_OF_TEXT, START, END = range(3)
VOCABULARY = 4096
"""Tokens in all; a multiple of 64, so that no row is padding."""


def assemble(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> Tokenizer:
    """A tokenizer out of its tokens and merges; both may be empty before training."""
    tokenizer = Tokenizer(BPE(vocab=vocabulary, merges=merges) if vocabulary else BPE())
    tokenizer.pre_tokenizer = Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = ByteLevelDecoder()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIALS] if vocabulary else [])
    return tokenizer


def train(texts: Iterable[str], size: int = VOCABULARY) -> Tokenizer:
    """Learn the merges from the texts; the first ids are `SPECIALS`, then the 256 bytes."""
    tokenizer = assemble({}, [])
    trainer = BpeTrainer(
        vocab_size=size,
        min_frequency=3,
        special_tokens=[AddedToken(token, special=True) for token in SPECIALS],
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def contents(seed: int, shards: int) -> Iterable[str]:
    """The text of some shards, each message by itself, and the headers."""
    for index in range(shards):
        for messages in shard(seed, index):
            yield from (message["content"] for message in messages)
            yield "\n"


def load(path: Path) -> Tokenizer:
    """Read a tokenizer file."""
    return Tokenizer.from_file(str(path))


def merges(path: Path) -> list[tuple[str, str]]:
    """The merges of a tokenizer file, in their order."""
    return [(first, second) for first, second in json.loads(path.read_text())["model"]["merges"]]


def header(tokenizer: Tokenizer, role: str) -> list[int]:
    """`<|im_start|>role` and a newline."""
    return [START, *tokenizer.encode(f"{role}\n").ids]


def plain(tokenizer: Tokenizer, text: str) -> list[int]:
    """The text as it stands, control tokens spelt out in it staying text."""
    tokenizer.encode_special_tokens = True
    return list(tokenizer.encode(text).ids)


def encode(tokenizer: Tokenizer, messages: list[Message]) -> tuple[list[int], list[bool]]:
    """Token ids of a whole conversation, and which of them are to be learned (answers with their end)."""
    ids: list[int] = []
    learned: list[bool] = []
    newline = plain(tokenizer, "\n")
    for message in messages:
        opening = header(tokenizer, message["role"])
        body = [*plain(tokenizer, message["content"]), END]
        ids += [*opening, *body, *newline]
        learned += [False] * len(opening) + [message["role"] == "assistant"] * len(body) + [False] * len(newline)
    return ids, learned


def prompt(tokenizer: Tokenizer, messages: list[Message]) -> list[int]:
    """The ids after which the model is to answer."""
    return encode(tokenizer, messages)[0] + header(tokenizer, "assistant")


def main() -> None:
    """Train the tokenizer on the first shards of the corpus and write it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--shards", type=int, default=3)
    arguments = parser.parse_args()
    tokenizer = train(contents(arguments.seed, arguments.shards))
    arguments.path.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(arguments.path))
    print(f"{tokenizer.get_vocab_size()} tokens in {arguments.path}")


if __name__ == "__main__":
    main()
