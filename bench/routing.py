"""Score the shipped difficulty scale on outcomes of a weak and a strong model, by RouteLLM's protocol.

    python -m bench.routing                              the training recipe, out of fold, on the rows that we have
    python -m bench.routing outcomes.jsonl[.gz]          the shipped scale on any outcome file

An outcome file has a JSON object per line: {"prompt": text, "weak_correct": 0 or 1, "strong_correct": 0 or 1} (or a
judge's scores on one scale). Training rows in a file are counted and said: on them the shipped scale looks too good.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from providers.words import Call, Message, View
from routing.catalog import Tier
from routing.classifier.evaluate import Line, baselines, beside, cross_validated, shipped_scores
from routing.classifier.rows import MMLU, Outcome, read_rows
from routing.signals import Classifier, Placement, shipped

SENTENCE = "Please explain the relationship between supply and demand in Europe since the year 1848. "


def table(lines: Sequence[Line]) -> Iterator[str]:
    """Markdown."""
    yield "| router | APGR | CPT50 | CPT80 | PGR at 20 % strong |"
    yield "|---|---|---|---|---|"
    for line in lines:
        spread = f" ± {line.spread:.3f}" if line.spread else ""
        yield f"| {line.name} | {line.apgr:.3f}{spread} | {line.cpt50:.1%} | {line.cpt80:.1%} | {line.pgr20:.3f} |"


def latencies(tokens: Sequence[int] = (30, 300, 5000), times: int = 2000) -> Iterator[str]:
    """Microseconds of one reading with four models placed."""
    classifier = Classifier(shipped(), [Placement(tier, tier) for tier in get_args(Tier)])
    yield "| tokens | p50 µs | p99 µs |"
    yield "|---|---|---|"
    for size in tokens:
        text = (SENTENCE * size)[: size * 5]  # about five characters a token
        call = Call("chat", "chat", {}, View("auto", (Message("user", text),)), len(text))
        spent = sorted(classifier.read(call, time.perf_counter_ns).micros for _ in range(times))
        yield f"| {size} | {spent[times // 2]} | {spent[times * 99 // 100]} |"


def report(path: Path | None, repeats: int) -> Iterator[str]:
    """Everything that is printed."""
    outcomes = read_rows(path or MMLU, Outcome)
    weak, strong = (sum(map(float, column)) / len(outcomes) for column in beside(outcomes))
    yield f"{(path or MMLU).name}: {len(outcomes)} rows; weak {weak:.3f}, strong {strong:.3f}\n"
    lines = list(baselines(outcomes))
    if path is None:
        lines.insert(2, cross_validated(outcomes, repeats))
    else:
        known = {row.prompt for row in read_rows(MMLU, Outcome)}
        yield f"{sum(row.prompt in known for row in outcomes)} of them are training rows of the shipped scale\n"
        lines.insert(2, shipped_scores(outcomes, shipped()))
    yield from table(lines)
    yield "\nDifferences under 0.07 APGR decide nothing on 1,530 rows (standard error over rows 0.036).\n"
    yield from latencies()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outcomes", type=Path, nargs="?")
    parser.add_argument("--repeats", type=int, default=10, help="of the five folds (default 10)")
    arguments = parser.parse_args()
    for line in report(arguments.outcomes, arguments.repeats):
        print(line, flush=True)


if __name__ == "__main__":
    main()
