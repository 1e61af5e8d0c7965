"""Tier 1's head for a user's own heads: over a local encoder's vectors of the same rows, on the same scale."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from providers.engine.encoder_client import Encoder
from routing.classifier import embedding
from routing.classifier.embedded import cut, save
from routing.classifier.features import features
from routing.classifier.fitting import Row
from routing.classifier.rows import user
from routing.classifier.train_embedded import Fitted, fitted
from routing.classifier.training.answered import Answered, BadRows, scored_by
from routing.classifier.training.folder import embedded
from routing.classifier.training.own import Own, grouped_folds


def fit(answered: Sequence[Answered], own: Own, model: str, seed: int = 0) -> Fitted:
    """Of the rows that `own` was fitted to. `model` as an encoder's `model:` in config.yaml. Raises BadRows where no
    encoder of it starts, or HalfpennyError where it fails."""
    both = scored_by(answered, *own.pair)
    prompts = [row.prompt for row in both]
    rows = [Row(features(user(row.prompt)), row.scores[own.pair[0]]) for row in both]
    try:
        asked = embedding.vectors(Encoder(model=model, too_long="truncate"), [cut(prompt) for prompt in prompts])
        ready, vectors = asyncio.run(asked)
    except embedding.NoEncoder as error:
        raise BadRows(str(error)) from None
    return fitted(ready.name, vectors, rows, grouped_folds(prompts, seed), own.recipe)


def write(found: Fitted | None, folder: Path) -> None:
    """Beside the heads in their folder; None: nothing of an earlier fit stays there."""
    if found is None:
        embedded(folder).unlink(missing_ok=True)
    else:
        save(found.head, embedded(folder))
