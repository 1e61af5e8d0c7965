"""The corpus as shards: families by weight, some behind a system prompt or earlier turns; one seed, the same bytes."""

# ruff: noqa: E501, SIM905 (phrases read better unbroken)

import argparse
import json
from collections.abc import Iterator
from hashlib import sha256
from random import Random

from providers.tiny.corpus import FAMILIES
from providers.tiny.corpus.family import Family, Message
from providers.tiny.corpus.invent import sentence
from providers.tiny.corpus.phrase import expand

SHARD_SIZE = 20_000
"""Conversations per shard; a training run reads shard 0, 1, 2, … and never the same twice."""

SETTLED, KNOWN = 4, 8
"""The first shards with fewer refusals, and with less of what a measured checkpoint had mastered."""

MASTERED = frozenset("colours sounds letters stories jokes thanks topic sentiment opposites calendar".split())
HARDER = frozenset("countries continents yes_no yes_no_capitals unknown_cities unknown_words recall copying".split())

SYSTEM_PROMPTS = (
    "You are [a|a helpful|a friendly|an honest|a polite|a concise|an expert] [assistant|AI assistant|chat bot|helper|language model].",
    "You are a helpful assistant. [Answer briefly|Be concise|Keep answers short|Answer in one sentence|Be polite|Do not make things up].",
    "[Answer|Reply to] [the user|all questions|every question] [briefly|politely|in English|as well as you can|in one sentence].",
    "You are [ChatGPT|Halfpenny|the assistant of a shop|a tutor|a support agent], [a large language model|an assistant|here to help].",
    "[Be helpful|Be concise|Be kind|Stay on topic|Think before you answer].",
    "The current date is [2024|2025|2026]-0[1|2|3|4|5|6|7|8|9]-1[0|1|2|3|4|5|6|7|8|9]. You are a helpful assistant.",
)


def system_prompt(rng: Random) -> Message:
    """What operators put in front, sometimes with sentences that change nothing."""
    content = expand(rng, rng.choice(SYSTEM_PROMPTS))
    if rng.random() < 0.25:
        content += " " + " ".join(sentence(rng) for _ in range(rng.randint(1, 4)))
    return {"role": "system", "content": content}


def weights_of(index: int) -> list[float]:
    """The families' shares in a shard: what is learned first gives room to what is harder."""
    return [family.weight * _emphasis(family, index) for family in FAMILIES]


def _emphasis(family: Family, index: int) -> float:
    if family.duty == "refuse":
        return 1.0 if index < SETTLED else 0.5
    if index < KNOWN or family.name not in MASTERED | HARDER:
        return 1.0
    return 0.5 if family.name in MASTERED else 1.6


def earlier_turns(rng: Random) -> list[Message]:
    """One or two finished exchanges of the training side, short ones."""
    turns: list[Message] = []
    for _ in range(rng.choice((1, 1, 2))):
        example = pick(rng).sample(rng, held_out=False)
        if len(example.messages) == 1 and len(example.messages[0]["content"]) < 200:
            turns += [*example.messages, {"role": "assistant", "content": example.answer}]
    return turns


def pick(rng: Random, weights: list[float] | None = None) -> Family:
    """A family by weight."""
    return rng.choices(FAMILIES, weights=weights or weights_of(0))[0]


def conversation(rng: Random, weights: list[float]) -> list[Message]:
    """One conversation to train on, ending with the assistant's answer."""
    family = pick(rng, weights)
    example = family.sample(rng, held_out=False)
    messages = list(example.messages)
    if rng.random() < 0.16 and messages[0]["role"] != "system" and family.name != "unknown_person":
        messages = earlier_turns(rng) + messages
    if rng.random() < 0.18 and messages[0]["role"] != "system":
        messages = [system_prompt(rng), *messages]
    return [*messages, {"role": "assistant", "content": example.answer}]


def shard(seed: int, index: int, size: int = SHARD_SIZE) -> list[list[Message]]:
    """The conversations of one shard; the same on every machine."""
    rng = Random(f"{seed}/{index}")
    weights = weights_of(index)
    return [conversation(rng, weights) for _ in range(size)]


def lines(conversations: list[list[Message]]) -> Iterator[bytes]:
    """The canonical bytes of a shard, a JSON line per conversation."""
    for messages in conversations:
        yield json.dumps(messages, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def digest(seed: int, index: int, size: int = SHARD_SIZE) -> str:
    """sha256 of one shard's bytes."""
    state = sha256()
    for line in lines(shard(seed, index, size)):
        state.update(line)
    return state.hexdigest()


def main() -> None:
    """Print the sha256 of shards, or a few conversations to read."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print this many conversations instead")
    arguments = parser.parse_args()
    if arguments.show:
        for line in lines(shard(arguments.seed, 0, arguments.show)):
            print(line.decode(), end="")
        return
    whole = sha256()
    for index in range(arguments.shards):
        found = digest(arguments.seed, index)
        whole.update(f"{found}\n".encode())
        print(f"shard {index} sha256 {found}", flush=True)
    print(f"corpus sha256 {whole.hexdigest()}")


if __name__ == "__main__":
    main()
