"""Which routers are scored on a benchmark, in which order, and how often those that learn are repeated."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from routing.classifier.evaluation import contenders
from routing.classifier.evaluation.benchmark import Benchmark
from routing.classifier.evaluation.contenders import Learner
from routing.classifier.evaluation.figures import Figures, Router, figures
from routing.classifier.features import Features, features
from routing.classifier.heads import Heads, Line
from routing.classifier.labels import Labels
from routing.classifier.logistic import Vector
from routing.classifier.rows import MMLU, Outcome, read_rows, user
from routing.classifier.scores import brier_skill, calibration_error, curve

REPEATS, WORK = 10, 45_000
"""Five folds are repeated so often, or until so many rows were read."""
SPOKEN = 20
"""Rows of a source below which its own figures are not told."""
SCALE = "difficulty scale (hashed linear, weak fails)"
LEFT_OUT = "difficulty scale, sources left out"
TWO_HEADS = "hashed linear, difference of two heads"
SHIPPED, OWN = "default heads, as shipped", "own heads"
Tick = Callable[[str], None]
"""Told what is begun, before each step of the work."""


class Judged(Struct, frozen=True):
    """Heads to score: `lines` place the benchmark's weak and strong model on their scale."""

    name: str
    trained: str
    heads: Heads
    lines: tuple[Line, Line]


class BySource(Struct, frozen=True):
    """One router on one source's rows; None where they leave no gap, or no claim."""

    source: str
    rows: int
    weak: float
    strong: float
    router: str
    apgr: float | None
    ece: float | None
    skill: float | None


def repeats(rows: int) -> int:
    """Fewer for large files, whose spread over seeds is small."""
    return max(1, min(REPEATS, WORK // rows))


def steps(bench: Benchmark, judged: int) -> int:
    """How often `scored` ticks."""
    count, apart = repeats(len(bench.prompts)), _folds(bench)
    return 2 + judged + 3 * count + 2 * len(apart)


def default(heads: Heads, bench: Benchmark) -> Judged:
    """The heads that ship; on rows of their own training they look too good, so that is said where it can be known."""
    trained = "1,530 MMLU rows"
    if MMLU.is_file():
        known = {row.prompt for row in read_rows(MMLU, Outcome)}
        here = sum(prompt in known for prompt in bench.prompts)
        trained += f" ({here:,} of them here)" if here else ""
    return Judged(SHIPPED, trained, heads, (Line(1.0, 0.0), heads.strong))


def read_all(bench: Benchmark) -> list[Features]:
    """Of each prompt, as a conversation of one turn."""
    return [features(user(prompt)) for prompt in bench.prompts]


def routers(
    bench: Benchmark, seen: Sequence[Features], judged: Sequence[Judged], labels: Labels, tick: Tick
) -> Iterator[Router]:
    """The rows of the table: without training, those judged, those that learn on other folds, the oracle."""
    yield from contenders.untrained(bench, seen, labels)
    for one in judged:
        tick(one.name)
        yield contenders.scale(one.name, one.trained, contenders.read_by(one.heads.small, seen), one.lines)
    each = contenders.splits(len(seen), repeats(len(seen)))
    good, right = bench.good()
    weak = _ticking(contenders.hashed_linear(seen, good), "hashed linear, the weak model", tick)
    strong = _ticking(contenders.hashed_linear(seen, right), "hashed linear, the strong model", tick)
    near = _ticking(contenders.neighbours(contenders.hashed_vectors(seen), good), "kNN", tick)
    yield contenders.learned(SCALE, weak, good, each)
    yield contenders.difference(TWO_HEADS, weak, strong, each)
    yield contenders.learned("kNN-100, hashed", near, good, each)
    apart = _folds(bench)
    if apart:
        yield contenders.learned(LEFT_OUT, weak, good, apart, "other sources", apart)
        yield contenders.difference(f"{TWO_HEADS}, sources left out", weak, strong, apart, "other sources")
    yield contenders.oracle(bench)


def scored(
    bench: Benchmark, judged: Sequence[Judged], labels: Labels, tick: Tick
) -> tuple[list[Router], list[Figures]]:
    """All routers and their lines of the table. `judged` begins with the default, which all are compared with."""
    tick("reading the prompts")
    seen = read_all(bench)
    found = list(routers(bench, seen, judged, labels, tick))
    tick("bootstrap over rows")
    beside = next(router for router in found if router.name == judged[0].name).scores[0]
    return found, [figures(router, bench, beside) for router in found]


def by_source(bench: Benchmark, found: Sequence[Router], names: Sequence[str]) -> Iterator[BySource]:
    """The routers of these names on each source, where there are several; the largest source first."""
    sources = np.array(bench.sources)
    kinds, counts = np.unique(sources, return_counts=True)
    if len(kinds) < 2:
        return
    for source in kinds[np.argsort(-counts, kind="stable")].tolist():
        rows = np.flatnonzero(sources == source)
        for router in found:
            if router.name in names and len(rows) >= SPOKEN:
                yield _on(source, bench, router, rows)


def _on(source: str, bench: Benchmark, router: Router, rows: NDArray[np.int64]) -> BySource:
    weak, strong = bench.weak[rows], bench.strong[rows]
    gap = strong.mean() > weak.mean()
    apgr = float(np.mean([curve(score[rows], weak, strong).apgr() for score in router.scores])) if gap else None
    claims = [one[rows] for one in router.good] if bench.checked() else []
    ece = float(np.mean([calibration_error(one, weak) for one in claims])) if claims else None
    skill = float(np.mean([brier_skill(one, weak) for one in claims])) if claims and weak.std() else None
    return BySource(source, len(rows), float(weak.mean()), float(strong.mean()), router.name, apgr, ece, skill)


def _folds(bench: Benchmark) -> contenders.Folds:
    """Of whole sources; none where there is one source only."""
    if len(set(bench.sources)) < 2:
        return []
    return contenders.left_out(bench.sources, repeats(len(bench.prompts)))


def _ticking(learner: Learner, name: str, tick: Tick) -> Learner:
    """Tells when it learns, and remembers what it has learned."""

    def read(fold: Sequence[int]) -> Vector:
        tick(name)
        return learner(fold)

    return contenders.remembered(read)
