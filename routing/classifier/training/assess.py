"""What a trained encoder is worth on rows that it never saw: calibration, accuracy, and the cost-quality curve."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from routing.classifier.logistic import Vector
from routing.classifier.scores import BINS, Curve, brier_skill, calibration_error, curve
from routing.classifier.training.examples import Example


class Worth(Struct, frozen=True):
    """`figures` for the record; `reliability`: (promised, found) of each bin of the label's confidence; `curve`: the
    cost-quality curve, where rows of outcomes were held out."""

    figures: dict[str, Any]
    reliability: list[tuple[float, float]]
    curve: Curve | None


def probabilities(logits: Vector) -> Vector:
    """(rows, classes)"""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def temperature(logits: Vector, shares: Vector) -> float:
    """What to divide logits by for the lowest log loss (Guo et al. 2017), by golden section between 1/8 and 8."""
    low, high = -np.log(8.0), np.log(8.0)
    golden = (np.sqrt(5.0) - 1) / 2
    for _ in range(40):
        one, two = high - golden * (high - low), low + golden * (high - low)
        if _loss(logits / np.exp(one), shares) < _loss(logits / np.exp(two), shares):
            high = two
        else:
            low = one
    return float(np.exp((low + high) / 2))


def _loss(logits: Vector, shares: Vector) -> float:
    return float(-(shares * np.log(np.maximum(probabilities(logits), 1e-12))).sum(axis=1).mean())


def assessed(logits: Vector, examples: Sequence[Example]) -> Worth:
    """`logits` (rows, classes), cooled already."""
    found, shares = probabilities(logits), np.array([example.share for example in examples])
    guessed, its = found.argmax(axis=1), shares.argmax(axis=1)
    right = (guessed == its).astype(np.float64)
    confidence = found.max(axis=1)
    figures = {
        "rows": len(examples),
        "loss": _loss(logits, shares),
        "accuracy": float(right.mean()),
        "commonest_class": float(np.bincount(its).max() / len(its)),
        "macro_f1": float(np.mean([_f1(guessed == at, its == at) for at in range(shares.shape[1])])),
        "ece": calibration_error(confidence, right),
    }
    if shares.shape[1] == 2:
        figures |= {"label_ece": calibration_error(found[:, 1], shares[:, 1])}
        figures |= {"label_brier_skill": brier_skill(found[:, 1], shares[:, 1])}
    drawn = _curve(found[:, -1], examples)
    if drawn is not None:
        routed = {"apgr": drawn.apgr(), "cpt50": drawn.calls_for(0.5), "cpt80": drawn.calls_for(0.8)}
        figures |= {name: value for name, value in routed.items() if not np.isnan(value)}
    return Worth(figures, _reliability(confidence, right), drawn)


def _f1(guessed: Any, its: Any) -> float:
    both = float((guessed & its).sum())
    return 2 * both / max(float(guessed.sum() + its.sum()), 1.0)


def _reliability(confidence: Vector, right: Vector) -> list[tuple[float, float]]:
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    return [(float(confidence[bins == at].mean()), float(right[bins == at].mean())) for at in np.unique(bins)]


def _curve(slow: Vector, examples: Sequence[Example]) -> Curve | None:
    rows = [at for at, example in enumerate(examples) if example.weak is not None]
    weak, strong = (np.array([float(getattr(examples[at], name)) for at in rows]) for name in ("weak", "strong"))
    return curve(slow[rows], weak, strong) if rows and strong.mean() > weak.mean() else None
