"""`halfpenny router fit`: heads of your own from rows of your own models' outcomes, in seconds, on any machine."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from providers.errors import HalfpennyError
from proxy.cli.router_words import Refused
from proxy.cli.table import table

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from routing.classifier.train_embedded import Fitted
    from routing.classifier.training.worth import Figures, Report

OUT = Path("heads")


def add(actions: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the action."""
    about = "fit heads to rows of your own models' outcomes: better routing in seconds"
    parser = actions.add_parser("fit", help=about, description=__doc__)
    rows = 'lines of {"prompt", "weak_correct", "strong_correct"} or of {"prompt", "scores": {"model": 0 or 1}}'
    parser.add_argument("outcomes", type=Path, metavar="OUTCOMES.jsonl", help=rows)
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help="where to write (default: %(default)s)")
    parser.add_argument("--weak", metavar="MODEL", help="the pair's cheap model (default: the worst of the rows)")
    parser.add_argument("--strong", metavar="MODEL", help="the pair's dear model (default: the best of the rows)")
    encoder = "also fit tier 1's head, over the vectors of this encoder: minilm, or an embedding GGUF's path"
    parser.add_argument("--encoder", metavar="MODEL", help=encoder)
    parser.add_argument("--seed", type=int, default=0, help="of the folds (default: %(default)s)")


def run(args: Namespace, out: TextIO) -> None:
    """Fit, write, report. Raises Refused."""
    from routing.classifier.training import answered, own, own_embedded
    from routing.signals import shipped

    try:
        rows, default = answered.read(args.outcomes), shipped()
        found = own.fit(rows, default, args.seed, args.weak, args.strong)
        tier1 = own_embedded.fit(rows, found, args.encoder, args.seed) if args.encoder else None
        own.write(found, default, args.out)
        own_embedded.write(tier1, args.out)
    except (answered.BadRows, HalfpennyError, OSError) as error:
        raise Refused(f"Nothing was fitted: {error}") from None
    for line in told(found.report, found.pair, args.out):
        print(line, file=out)
    if tier1 is not None:
        print(f"\n{with_encoder(tier1, found.report, args.out)}", file=out)


def with_encoder(tier1: "Fitted", report: "Report", folder: Path) -> str:
    """What the encoder's vectors add, out of fold."""
    alone = next(line.brier_skill for line in report.routers if line.name.startswith("own heads")) or 0.0
    gain = f"With {tier1.head.encoder}: Brier skill {tier1.brier_skill:.3f} (alone {alone:.3f}), ECE {tier1.ece:.3f}."
    return f"{gain} To ask it:  routing: {{heads: {folder}, encoder: ITS NAME IN providers}}"


def told(report: "Report", pair: tuple[str, str], folder: Path) -> Iterator[str]:
    """The report in words."""
    weak, strong = pair
    yield f"{report.rows} rows: {weak} is right on {report.weak:.1%}, {strong} on {report.strong:.1%}\n"
    heads = ("router", "APGR", "CPT50", "CPT80", "PGR at 20 %", "ECE", "Brier skill")
    yield table(heads, [_row(figures) for figures in report.routers])
    yield f"\nAPGR gained over the default: {report.gained:+.3f} (95 %: {report.low:+.3f} to {report.high:+.3f})"
    if report.better():
        yield f"Your heads are better on your prompts. To use them, in config.yaml:  routing: {{heads: {folder}}}"
    else:
        yield "They are not shown to be better than the default: keep it, or collect more rows."
        yield f"They are written all the same; to use them, in config.yaml:  routing: {{heads: {folder}}}"


def _row(line: "Figures") -> tuple[str, ...]:
    calibration = ("", "") if line.ece is None else (f"{line.ece:.3f}", f"{line.brier_skill:.3f}")
    return (line.name, f"{line.apgr:.3f}", f"{line.cpt50:.1%}", f"{line.cpt80:.1%}", f"{line.pgr20:.3f}", *calibration)
