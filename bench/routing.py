"""Score the classifier on outcomes of a weak and a strong model, by RouteLLM's protocol, beside every baseline.

    python -m bench.routing                              the rows that we have; the learned routers out of fold
    python -m bench.routing outcomes.jsonl[.gz]          the shipped scale, and learned routers, on any outcome file

An outcome file has a JSON object per line: {"prompt": text, "weak_correct": 0 or 1, "strong_correct": 0 or 1} (or a
judge's scores on one scale); `domain`, where it is there, names the subject that is left out. Training rows in a file
are counted and said: on them the shipped scale looks too good. A few minutes on two cores.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from bench import routing_encoder, routing_extras
from routing.classifier import contenders
from routing.classifier.contenders import Folds, Learner, Sourced
from routing.classifier.evaluate import Figures, Router, beside, figures
from routing.classifier.labels import Labels
from routing.classifier.labels import shipped as shipped_labels
from routing.classifier.logistic import Vector
from routing.classifier.rows import MMLU, Outcome, read_rows
from routing.signals import shipped

FEWEST = 200
"""Rows below which nothing is learned from a file."""
SUBJECTS = 10
HEAD = (
    "| router | trained on | APGR ± SD over seeds | SE over rows | less length, 95 % | CPT50 | CPT80 | PGR at 20 % |"
    " ECE | Brier skill |\n|---|---|---|---|---|---|---|---|---|---|"
)
Say = Callable[[str], None]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outcomes", type=Path, nargs="?")
    parser.add_argument("--repeats", type=int, default=10, help="of the five folds (default 10)")
    parser.add_argument("--no-encoder", action="store_true", help="leave the encoder's rows out")
    given, start = parser.parse_args(), time.monotonic()
    try:
        for line in report(given.outcomes, given.repeats, not given.no_encoder):
            print(line, flush=True)
    except (OSError, ValueError) as error:  # an unreadable file, or one without a gap between its models
        raise SystemExit(f"bench.routing: {error}") from None
    print(f"\n{time.monotonic() - start:.0f} seconds")


def report(path: Path | None, repeats: int, encoder: bool) -> Iterator[str]:
    """Everything that is printed."""
    outcomes, labels = read_rows(path or MMLU, Sourced), Labels(shipped_labels())
    weak, strong = (column.mean() for column in beside(outcomes))
    yield f"{(path or MMLU).name}: {len(outcomes)} rows; weak {weak:.3f}, strong {strong:.3f}"
    known = {row.prompt for row in read_rows(MMLU, Outcome)}
    yield f"{sum(row.prompt in known for row in outcomes)} of them are training rows of the shipped scale\n"
    yield HEAD
    for router in routers(outcomes, labels, repeats, encoder):
        yield row(figures(router, outcomes))
    yield "\nOn 1,530 rows no difference under 0.07 APGR decides anything (standard error over rows 0.03).\n"
    prompts = [outcome.prompt for outcome in outcomes]
    yield from routing_extras.steadiness(prompts[:: max(1, len(prompts) // 500)])
    if path is None:
        yield from routing_extras.placements(outcomes)
        yield from routing_extras.latencies()


def routers(outcomes: Sequence[Sourced], labels: Labels, repeats: int, encoder: bool) -> Iterator[Router]:
    """The rows of the table."""
    yield from contenders.untrained(outcomes, labels)
    if not {outcome.prompt for outcome in outcomes} <= {row.prompt for row in read_rows(MMLU, Outcome)}:
        yield contenders.shipped_scale(outcomes, shipped())  # on its own training rows it would look far too good
    if len(outcomes) >= FEWEST:
        yield from learned(outcomes, contenders.splits(outcomes, repeats), encoder)
    if len({outcome.domain for outcome in outcomes}) >= SUBJECTS:
        yield from transferred(outcomes, contenders.left_out(outcomes, repeats))
    yield contenders.oracle(outcomes)


def learned(outcomes: Sequence[Sourced], each: Folds, encoder: bool) -> Iterator[Router]:
    """On the other folds of the same rows."""
    weak, _ = beside(outcomes)
    linear = contenders.remembered(contenders.hashed_linear(outcomes, weak))
    yield contenders.learned("**difficulty scale** (hashed linear, weak fails)", linear, weak, each)
    yield contenders.difference(outcomes, [linear(fold) for fold in each], each)
    near = contenders.neighbours(contenders.hashed_vectors(outcomes), weak)
    yield contenders.learned("kNN-100, hashed", near, weak, each)
    if encoder and routing_encoder.installed():
        vectors = routing_encoder.embeddings([outcome.prompt for outcome in outcomes])
        yield from encoded(vectors, linear, weak, each)


def encoded(vectors: Vector, linear: Learner, weak: Vector, each: Folds) -> Iterator[Router]:
    """With MiniLM's embeddings."""
    frozen = contenders.remembered(contenders.frozen(vectors, weak))
    yield contenders.learned("frozen MiniLM, linear", frozen, weak, each)
    yield contenders.learned("frozen MiniLM and hashed, averaged", contenders.averaged([frozen, linear]), weak, each)
    yield contenders.learned("kNN-100, MiniLM", contenders.neighbours(vectors, weak), weak, each)


def transferred(outcomes: Sequence[Sourced], each: Folds) -> Iterator[Router]:
    """On other subjects."""
    weak, _ = beside(outcomes)
    linear = contenders.remembered(contenders.hashed_linear(outcomes, weak))
    yield contenders.learned("difficulty scale, subjects left out", linear, weak, each, "other subjects")
    gains = contenders.difference(outcomes, [linear(fold) for fold in each], each)
    yield Router("difference of two heads, subjects left out", "other subjects", gains.scores)


def row(line: Figures) -> str:
    """Markdown."""
    spread = f" ± {line.spread:.3f}" if line.spread else ""
    claims = ("–", "–") if line.ece is None or line.skill is None else (f"{line.ece:.3f}", f"{line.skill:.3f}")
    cells = (
        line.name,
        line.trained,
        f"{line.apgr:.3f}{spread}",
        f"{line.error:.3f}",
        f"{line.low:+.3f} … {line.high:+.3f}",
        *("–" if np.isnan(share) else f"{share:.1%}" for share in (line.cpt50, line.cpt80)),
        f"{line.pgr20:.3f}",
        *claims,
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
