"""`halfpenny router eval`: how well routers would have chosen on rows whose outcomes are known, by RouteLLM's protocol.

Rows are what `router collect` writes and `router fit` reads, JSON lines, plain or gzip:

    {"prompt": text, "weak_correct": 0 or 1, "strong_correct": 0 or 1}
    {"prompt": text, "scores": {"model": 0 or 1, ...}}

or a judge's scores on one scale. `source` (or domain, dataset, subject), where rows have it, or else the file, says
which rows belong together: heads are also learned with whole sources left out.

The table has chance (200 seeds), prompt length, rules by task type, the default heads, your own (--heads), and heads
that learn on other folds of these rows (hashed linear, the difference of two heads, kNN), and the oracle.

    APGR          part of the gap between the models that is recovered, averaged over all shares of strong calls:
                  chance 0.5; more than 1 where the weak model is right and the strong one wrong
    CPT50, CPT80  share of calls to the strong model at which 50 % and 80 % of the gap are first recovered
    PGR at 20 %   part of the gap recovered when 20 % of the calls go to the strong model (chance 0.2)
    weak 95, 99   share that the weak model may answer at 95 % and 99 % of the strong model's quality
    ECE, skill    of P(the weak model is right): calibration error (15 bins), and Brier skill over the constant share
    +- SD, SE     spread over seeds; over 500 bootstrap samples of the rows
    less X        APGR less that of X, paired on the same samples: 95 % interval and two-sided p

Where an interval holds 0, nothing is shown. Files of 100,000 rows take some ten minutes; learned heads then see 20,000.
"""

import sys
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from proxy.cli.router_words import Refused
from proxy.cli.table import table

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from routing.classifier.evaluation.benchmark import Benchmark
    from routing.classifier.evaluation.figures import Difference, Figures, Router
    from routing.classifier.evaluation.protocol import BySource, Judged

BAR = 24
SOURCES = 30
"""Sources that are shown at most."""
_HEADS = (
    *("router", "trained on", "APGR ± SD", "SE", "CPT50", "CPT80", "PGR at 20 %"),
    *("weak 95", "weak 99", "ECE", "skill"),
)


def add(actions: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the action."""
    about = "score the default heads, your own and every baseline on an outcome file"
    parser = actions.add_parser("eval", help=about, description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("outcomes", type=Path, nargs="+", metavar="OUTCOMES.jsonl", help="one file or several")
    parser.add_argument("--heads", type=Path, metavar="FOLDER", help="your own heads, as `fit` wrote them")
    parser.add_argument("--weak", metavar="MODEL", help="the pair's cheap model (default: the worst of the rows)")
    parser.add_argument("--strong", metavar="MODEL", help="the pair's dear model (default: the best of the rows)")
    parser.add_argument("--plot", type=Path, metavar="OUT.svg", help="draw the cost-quality curves")
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")


def run(args: Namespace, out: TextIO) -> None:
    """Score, and print. Raises Refused."""
    import msgspec

    from routing.classifier.evaluation import benchmark, picture, protocol
    from routing.classifier.labels import Labels
    from routing.classifier.labels import shipped as labels

    if args.plot and args.plot.suffix.lower() != ".svg":
        raise Refused(f"{args.plot}: the picture is an SVG; name it so")
    try:
        bench = benchmark.read(args.outcomes, args.weak, args.strong)
        judged = _judged(bench, args.heads)
        tick = bar(sys.stderr, protocol.steps(bench, len(judged)), time.monotonic)
        found, figures = protocol.scored(bench, judged, Labels(labels()), tick)
        tick("")
        names = [*(one.name for one in judged), protocol.LEFT_OUT]
        sources = list(protocol.by_source(bench, found, names))
        if args.plot:
            args.plot.write_text(picture.cost_quality(bench, _drawn(found)))
    except OSError as error:
        raise Refused(f"Nothing was scored: {error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise Refused(f"Nothing was scored: {error}") from None
    if args.json:
        print(msgspec.json.encode(_record(bench, figures, sources)).decode(), file=out)
        return
    for line in told(bench, judged, figures, sources):
        print(line, file=out)
    if args.plot:
        print(f"\nThe curves are in {args.plot}", file=out)


def _judged(bench: "Benchmark", where: Path | None) -> list["Judged"]:
    """The default, and own heads where they are named. Raises BadHeads."""
    from proxy.judge import own
    from routing.classifier.evaluation import protocol
    from routing.classifier.heads import Line
    from routing.signals import shipped

    found = [protocol.default(shipped(), bench)]
    if where is not None:
        heads, lines = own(where)
        weak, strong = bench.pair
        placed = lines.get(weak, Line(1.0, 0.0)), lines.get(strong, heads.strong)
        found.append(protocol.Judged(protocol.OWN, str(where), heads, placed))
    return found


def _drawn(found: Sequence["Router"]) -> list["Router"]:
    left_out = ("random", "task rule", "S2's label", "difference")
    return [router for router in found if not any(name in router.name for name in left_out)]


def told(
    bench: "Benchmark", judged: Sequence["Judged"], figures: Sequence["Figures"], sources: Sequence["BySource"]
) -> Iterator[str]:
    """The report in words."""
    weak, strong = bench.pair
    yield f"{len(bench.prompts):,} rows: {weak} {bench.weak.mean():.3f}, {strong} {bench.strong.mean():.3f}"
    yield from (f"{note}." for note in bench.notes)
    yield ""
    yield table(_HEADS, [_row(one) for one in figures])
    yield "\nAPGR less that of others, 95 % interval over rows, p:\n"
    rows = [(one.name, _less(one.less_length), _less(one.less_default)) for one in figures]
    yield table(("router", "less prompt length", "less the default"), rows)
    if "of them here" in judged[0].trained:
        yield "\nThe default was trained on some of these rows: there it looks too good, and others beside it too bad."
    if len(judged) > 1:
        yield "\nIf your heads were fitted to these rows, they look too good here: score them on others."
    yield from _by_source(sources)


def _row(one: "Figures") -> tuple[str, ...]:
    spread = f" ± {one.spread:.3f}" if one.spread else ""
    shares = (one.cpt50, one.cpt80, one.pgr20, one.local95, one.local99)
    cpt50, cpt80, _, local95, local99 = (_or_dash(share, "{:.1%}") for share in shares)
    claims = _or_dash(one.ece, "{:.3f}"), _or_dash(one.skill, "{:+.3f}")
    area = f"{one.apgr:.3f}{spread}"
    return one.name, one.trained, area, f"{one.error:.3f}", cpt50, cpt80, f"{one.pgr20:.3f}", local95, local99, *claims


def _or_dash(value: float | None, form: str) -> str:
    return "–" if value is None or value != value else form.format(value)  # NaN is no equal of itself


def _less(one: "Difference | None") -> str:
    if one is None or one.low == one.high == 0:
        return "–"
    return f"{one.mean:+.3f} ({one.low:+.3f} … {one.high:+.3f}) p {one.p:.3f}"


def _by_source(sources: Sequence["BySource"]) -> Iterator[str]:
    if not sources:
        return
    names = list(dict.fromkeys(one.source for one in sources))
    yield "\nBy source:\n"
    shown = [one for one in sources if one.source in names[:SOURCES]]
    heads = ("source", "rows", "weak", "strong", "router", "APGR", "ECE", "skill")
    rows = [(one.source, one.rows, f"{one.weak:.3f}", f"{one.strong:.3f}", one.router, *_claims(one)) for one in shown]
    yield table(heads, rows)
    if len(names) > SOURCES:
        yield f"… and {len(names) - SOURCES} smaller sources"


def _claims(one: "BySource") -> tuple[str, str, str]:
    return _or_dash(one.apgr, "{:.3f}"), _or_dash(one.ece, "{:.3f}"), _or_dash(one.skill, "{:+.3f}")


def _record(bench: "Benchmark", figures: Sequence["Figures"], sources: Sequence["BySource"]) -> dict[str, Any]:
    """What --json prints; figures that do not exist are null."""
    weak, strong = ({"model": name, "mean": float(worth.mean())} for name, worth in _named(bench))
    return {
        "rows": len(bench.prompts),
        "weak": weak,
        "strong": strong,
        "notes": bench.notes,
        "routers": figures,
        "sources": sources,
    }


def _named(bench: "Benchmark") -> Iterator[tuple[str, Any]]:
    return zip(bench.pair, (bench.weak, bench.strong), strict=True)


def bar(where: TextIO, steps: int, clock: Callable[[], float]) -> Callable[[str], None]:
    """Shows what is begun: on a terminal as a bar that stays in its line, elsewhere as a line every ten seconds."""
    start = clock()
    done, shown = 0, start

    def tick(name: str) -> None:
        nonlocal done, shown
        now, full = clock(), BAR * done // steps
        left = f"{(now - start) * (steps - done) / done:,.0f} s left" if done else ""
        if where.isatty():
            text = f"[{'#' * full}{'.' * (BAR - full)}] {name:40s} {left:16s}" if name else " " * (BAR + 60)
            print(f"\r{text}", end="" if name else "\r", file=where, flush=True)
        elif now - shown > 10 and name:
            shown = now
            print(f"{done}/{steps}  {name}  {left}", file=where, flush=True)
        done += 1

    return tick
