"""Beside the routing table: how steady the shipped scale is, and how long a reading takes."""

import time
from collections.abc import Iterator, Sequence
from typing import get_args

import numpy as np

from providers.words import Call, Message, View
from routing.catalog import Tier
from routing.classifier.features import features
from routing.classifier.flips import CHANGES, flipped, pulled
from routing.classifier.heads import probability
from routing.classifier.labels import Labels
from routing.classifier.labels import shipped as shipped_labels
from routing.classifier.rows import user
from routing.signals import Classifier, Placement, shipped
from routing.strong_share import StrongShare

SENTENCE = "Please explain the relationship between supply and demand in Europe since the year 1848. "
SHARE, BURST = 0.3, 20.0
_HEADS = shipped()


def gain(prompt: str) -> float:
    """P(strong is good) − P(small is good), as shipped."""
    logit, _ = _HEADS.small.read(features(user(prompt)))
    return _HEADS.strong.at(logit) - probability(logit)


def steadiness(prompts: Sequence[str]) -> Iterator[str]:
    """How often the choice flips; what a suffix forces with and without the cap."""
    yield f"| change of {len(prompts)} prompts | choice flips, 50 % strong | 20 % strong |\n|---|---|---|"
    for name, change in CHANGES.items():
        shares = (flipped(gain, prompts, change, share) for share in (0.5, 0.2))
        yield f"| {name} | {' | '.join(f'{share:.1%}' for share in shares)} |"
    yield "\n| suffix on every prompt | strong share (20 % without it) | with `strong_share` 0.3 |\n|---|---|---|"
    for suffix, share in pulled(gain, prompts).items():
        yield f"| `{suffix.strip().splitlines()[0][:48]}` | {share:.1%} | {capped(share):.1%} |"
    yield ""


def capped(pull: float, requests: int = 5_000) -> float:
    """The strong share of a key whose requests want the strong model so often."""
    cap, rng = StrongShare(SHARE, BURST), np.random.default_rng(0)
    wants = rng.random(requests) < pull
    return sum(cap.allows("key", bool(strong)) and bool(strong) for strong in wants) / requests


def latencies(tokens: Sequence[int] = (30, 300, 5000), times: int = 2000) -> Iterator[str]:
    """Microseconds of one reading with four models placed, alone and together with the labels."""
    placed = [Placement(tier, tier) for tier in get_args(Tier)]
    both = Classifier(_HEADS, placed, Labels(shipped_labels()))
    yield "| call | difficulty p50 / p99 µs | with labels p50 / p99 µs |\n|---|---|---|"
    for name, call in calls(tokens).items():
        cells = (_spent(by, call, times) for by in (Classifier(_HEADS, placed), both))
        yield f"| {name} | {' | '.join(cells)} |"


def calls(tokens: Sequence[int]) -> dict[str, Call]:
    """One turn of so many tokens; and a conversation."""
    turns = {f"{size} tokens": [Message("user", (SENTENCE * size)[: size * 5])] for size in tokens}
    long = [Message(("user", "assistant")[place % 2], SENTENCE * 3) for place in range(21)]
    messages = turns | {"21 turns of 55 tokens": long}
    return {name: Call("chat", "chat", {}, View("auto", tuple(said)), 0) for name, said in messages.items()}


def _spent(classifier: Classifier, call: Call, times: int) -> str:
    spent = sorted(classifier.read(call, time.perf_counter_ns).micros for _ in range(times))
    return f"{spent[times // 2]} / {spent[times * 99 // 100]}"
