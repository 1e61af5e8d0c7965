"""From a file of a new model's scored answers to its place on the scale (`routing.classifier.placing`).

A placement is a file of outcome rows: it names no scale, so that it outlives a change of heads. A prompt of one's own
is as hard as the scale reads it. The shipped prompts (`questions.json`) are unlike what the scale was trained on, and
nobody has measured them on its reference models, so their difficulty is declared: one like the small reference model
gets 85 % of them right, one like the strong reference 97 %. A few dozen rows of one's own models (`router collect`,
then `router fit`) are better than any of this.
"""

import math
from collections.abc import Iterator, Sequence

from routing.classifier.features import features
from routing.classifier.heads import Heads, Line
from routing.classifier.placing import Answer, ability, place
from routing.classifier.placing import read as placed_by
from routing.classifier.rows import user
from routing.classifier.training.questions import SMALL, STRONG, questions

Scored = Sequence[tuple[str, float]]


def line(heads: Heads, answers: Scored, prior: Line) -> Line:
    """Where these answers put a model that without them stood on `prior`."""
    return place(list(_answers(heads, answers)), prior, heads.small.constant)


def _answers(heads: Heads, answers: Scored) -> Iterator[Answer]:
    known = {one.prompt for one in questions()}
    shipped = [good for prompt, good in answers if prompt in known]
    step = _step(heads, sum(shipped) / len(shipped)) if shipped else 1.0
    for prompt, good in answers:
        if prompt in known:
            yield Answer(good, logit(SMALL), 0.0, step)
        else:
            read_as, _ = heads.small.read(features(user(prompt)))
            yield placed_by(read_as, good, heads.small.constant)


def _step(heads: Heads, right: float) -> float:
    """What a step of ability is worth on the shipped prompts: between and above the anchors as the anchors say, below
    them as everywhere."""
    above = ability(heads.strong, heads.small.constant)
    return (logit(STRONG) - logit(SMALL)) / above if right > SMALL and above > 0 else 1.0


def logit(share: float) -> float:
    """ln(p / (1 − p))"""
    return math.log(share / (1.0 - share))
