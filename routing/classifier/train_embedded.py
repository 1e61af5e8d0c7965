"""Train tier 1's head that ships: a linear head over MiniLM's vectors of the prompts that the difficulty scale is from.

    python -m routing.classifier.train_embedded      (a minute on one core; needs MiniLM: `make minilm`)

The scale and its constant stay tier 0's, so that every model's line holds for both tiers.
"""

import argparse
import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct

from providers.engine.encoder_client import Encoder
from routing.classifier import embedding
from routing.classifier.embedded import Embedded, cut, save
from routing.classifier.fitting import Recipe, Row, line, out_of_fold
from routing.classifier.logistic import Sparse, Vector, fit
from routing.classifier.rows import MMLU, Outcome, read_rows
from routing.classifier.scores import brier_skill, calibration_error
from routing.classifier.train import FOLDS, SMALL, crossed, digests, folds, weak_rows
from routing.signals import EMBEDDED

PENALTY = 0.3


class Fitted(Struct, frozen=True):
    """The head, and the figures of both tiers together on rows that they were not fitted to."""

    head: Embedded
    ece: float
    brier_skill: float


def fitted(encoder: str, vectors: Vector, rows: Sequence[Row], fold: Sequence[int], recipe: Recipe = SMALL) -> Fitted:
    """From (rows, width) vectors of length 1 and a fold for each row; tier 0's head is trained by `recipe`.

    Each tier's logit counts half, then Platt's line of out-of-fold logits calibrates both together.
    """
    good, its = np.array([row.good for row in rows]), np.asarray(fold)
    tier0 = out_of_fold(rows, recipe, fold)
    own = line(tier0, good)
    lifted, read = own.slope * tier0 + own.shift, np.empty(len(good))
    for out in np.unique(its):
        weights = fit(_dense(vectors[its != out]), good[its != out], PENALTY)
        read[its == out] = _dense(vectors[its == out]).times(weights)
    both = (lifted + read) / 2
    by, found = line(both, good), crossed(both, good, np.array(folds(len(good), 2)) % 2)
    weights = fit(_dense(vectors), good, PENALTY) * by.slope / 2
    head = Embedded(encoder, weights[:-1].astype(np.float32), float(weights[-1]) + by.shift, by.slope / 2)
    return Fitted(head, calibration_error(found, good), brier_skill(found, good))


def _dense(vectors: Vector) -> Sparse:
    empty = np.empty(0, np.int64)
    return Sparse(empty, empty, np.empty(0), vectors, 0)


def main() -> None:
    """Train and write the head with its record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=EMBEDDED)
    out = parser.parse_args().out
    outcomes = read_rows(MMLU, Outcome)
    settings = Encoder(too_long="truncate")
    ready, vectors = asyncio.run(embedding.vectors(settings, [cut(outcome.prompt) for outcome in outcomes]))
    made = fitted(ready.name, vectors, weak_rows(outcomes), folds(len(outcomes), 1))
    save(made.head, out)
    record: dict[str, Any] = {
        "head": digests([out])[out.name],
        "data": digests([MMLU]),
        "encoder": {"name": ready.name, "width": ready.width},
        "unseen": {"rows": len(outcomes), "folds": FOLDS, "ece": made.ece, "brier_skill": made.brier_skill},
    }
    out.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
