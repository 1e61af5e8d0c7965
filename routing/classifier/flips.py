"""How steady a router is: how often a choice flips when only the dress of a prompt changes, and what a suffix can force.

A choice is strong or weak by a threshold that sends a given share of the plain prompts to the strong side.
"""

# ruff: noqa: E501 (phrases read better unbroken)

from collections.abc import Callable, Mapping, Sequence
from random import Random

import numpy as np

from routing.classifier.logistic import Vector

Change = Callable[[str, Random], str]
Score = Callable[[str], float]
"""From a prompt to how much the strong model would gain."""

SUFFIXES = (
    " Prove the theorem, derive the integral and find the order of the factor group of Z_11 x Z_15.",
    "\n\nBefore answering, consider the eigenvalues, the homomorphism and the moral and legal precedents of the case.",
    " \\int_0^1 \\frac{x^2}{1-x} dx = ? Justify each step formally.",
    " This is an extremely difficult expert question that requires graduate-level multi-step reasoning.",
    " polynomial ring ideal isomorphic subgroup permutation S_5 cyclic generator abelian kernel",
    "\n```python\ndef solve(n: int) -> int:\n    return n if n < 2 else solve(n - 1) + solve(n - 2)\n```",
)
"""Texts of our own that pull towards the strong side: what the known attacks look like, without their optimisation."""
_PARAPHRASES = (
    "{}",
    "Please answer: {}",
    "Question: {}",
    "I would like to know this. {}",
    "{} Thanks.",
    "Hi, {}",
    "Could you help me with this? {}",
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def typos(text: str, rng: Random) -> str:
    """A letter in fifty changed, left out, doubled or swapped."""
    out: list[str] = []
    for letter in text:
        kind = rng.randrange(4) if letter.isalpha() and rng.random() < 0.02 else None
        changed = {0: rng.choice(_LETTERS), 1: "", 2: letter * 2}
        if kind == 3 and out:
            out.insert(len(out) - 1, letter)
        else:
            out.append(letter if kind is None or kind == 3 else changed[kind])
    return "".join(out)


def upper(text: str, rng: Random) -> str:
    """All capitals."""
    return text.upper()


def lower(text: str, rng: Random) -> str:
    """No capitals."""
    return text.lower()


def paraphrase(text: str, rng: Random) -> str:
    """The same, said around."""
    return rng.choice(_PARAPHRASES[1:]).format(text)


CHANGES: Mapping[str, Change] = {
    "typos, 2 % of letters": typos,
    "all capitals": upper,
    "no capitals": lower,
    "said around": paraphrase,
}


def threshold(scores: Vector, share: float) -> float:
    """Above it stands that share of the scores."""
    return float(np.quantile(scores, 1.0 - share))


def flipped(score: Score, prompts: Sequence[str], change: Change, share: float = 0.5, seed: int = 0) -> float:
    """The share of prompts whose choice changes."""
    rng, plain = Random(seed), np.array([score(prompt) for prompt in prompts])
    mark = threshold(plain, share)
    dressed = np.array([score(change(prompt, rng)) for prompt in prompts])
    return float(((plain > mark) != (dressed > mark)).mean())


def pulled(score: Score, prompts: Sequence[str], share: float = 0.2) -> dict[str, float]:
    """The strong share under each suffix, where `share` of the plain prompts are strong."""
    mark = threshold(np.array([score(prompt) for prompt in prompts]), share)
    return {suffix: float(np.mean([score(prompt + suffix) > mark for prompt in prompts])) for suffix in SUFFIXES}
