"""Score the classifier on outcomes of a weak and a strong model, by RouteLLM's protocol, beside every baseline.

    python -m bench.routing                              the rows that we have; the learned routers out of fold
    python -m bench.routing outcomes.jsonl[.gz]          the shipped heads, and learned routers, on any outcome file

The machinery and the files are those of `halfpenny router eval`; here an encoder's routers stand beside, where MiniLM
is installed, and how steady and how fast the shipped heads are. One or two minutes on two cores.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bench import routing_encoder, routing_extras, routing_placing
from routing.classifier.evaluation import benchmark, contenders, protocol
from routing.classifier.evaluation.benchmark import Benchmark
from routing.classifier.evaluation.figures import Figures, Router, figures
from routing.classifier.features import Features
from routing.classifier.labels import Labels
from routing.classifier.labels import shipped as shipped_labels
from routing.classifier.logistic import Vector
from routing.classifier.rows import MMLU
from routing.signals import shipped

HEAD = (
    "| router | trained on | APGR ± SD over seeds | SE over rows | less length, 95 % | CPT50 | CPT80 | PGR at 20 % |"
    " weak at 95 % | at 99 % | ECE | Brier skill |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outcomes", type=Path, nargs="?")
    parser.add_argument("--no-encoder", action="store_true", help="leave the encoder's rows out")
    given, start = parser.parse_args(), time.monotonic()
    try:
        for line in report(given.outcomes, not given.no_encoder):
            print(line, flush=True)
    except (OSError, ValueError) as error:  # an unreadable file, or one without a gap between its models
        raise SystemExit(f"bench.routing: {error}") from None
    print(f"\n{time.monotonic() - start:.0f} seconds")


def report(path: Path | None, encoder: bool) -> Iterator[str]:
    """Everything that is printed."""
    bench, labels = benchmark.read([path or MMLU]), Labels(shipped_labels())
    weak, strong = bench.weak.mean(), bench.strong.mean()
    yield f"{(path or MMLU).name}: {len(bench.prompts)} rows; weak {weak:.3f}, strong {strong:.3f}"
    yield from bench.notes
    # on its own training rows the shipped scale would look far too good
    judged = [] if path is None else [protocol.default(shipped(), bench)]
    yield HEAD
    seen = protocol.read_all(bench)
    for router in protocol.routers(bench, seen, judged, labels, lambda _: None):
        if router.name == "oracle" and encoder and routing_encoder.installed():
            yield from (row(figures(one, bench)) for one in encoded(bench, seen))
        yield row(figures(router, bench))
    yield "\nOn 1,530 rows no difference under 0.07 APGR decides anything (standard error over rows 0.03).\n"
    yield from routing_extras.steadiness(bench.prompts[:: max(1, len(bench.prompts) // 500)])
    if path is None:
        yield from routing_placing.tables()
        yield from routing_extras.latencies()


def encoded(bench: Benchmark, seen: Sequence[Features]) -> Iterator[Router]:
    """With MiniLM's embeddings."""
    each = contenders.splits(len(seen), protocol.repeats(len(seen)))
    weak, vectors = bench.good()[0], routing_encoder.embeddings(bench.prompts)
    linear = contenders.hashed_linear(seen, weak)
    frozen = contenders.remembered(contenders.frozen(vectors, weak))
    yield contenders.learned("frozen MiniLM, linear", frozen, weak, each)
    yield contenders.learned("frozen MiniLM and hashed, averaged", contenders.averaged([frozen, linear]), weak, each)
    yield contenders.learned("kNN-100, MiniLM", near(vectors, weak), weak, each)


def near(vectors: Vector, weak: Vector) -> contenders.Learner:
    """kNN over an encoder's embeddings."""
    return contenders.neighbours(vectors.astype(np.float32), weak)


def row(line: Figures) -> str:
    """Markdown."""
    spread = f" ± {line.spread:.3f}" if line.spread else ""
    shares = line.cpt50, line.cpt80
    cells = (
        line.name,
        line.trained,
        f"{line.apgr:.3f}{spread}",
        f"{line.error:.3f}",
        f"{line.less_length.low:+.3f} … {line.less_length.high:+.3f}",
        *("–" if np.isnan(share) else f"{share:.1%}" for share in shares),
        f"{line.pgr20:.3f}",
        f"{line.local95:.1%}",
        f"{line.local99:.1%}",
        *("–" if claim is None else f"{claim:.3f}" for claim in (line.ece, line.skill)),
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
