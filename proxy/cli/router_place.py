"""`halfpenny router place`: asks a new model the shipped prompts, checks its answers, and says how good it is.

The file that it writes is named in config.yaml: `models: {NAME: {…, placement: FILE}}`. A placement that was stopped
goes on where it was.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from proxy.cli.router_collect import Book, asking, collect, opened
from proxy.cli.router_words import Refused
from proxy.cli.table import table
from routing.classifier.training.checking import Question, right
from routing.classifier.training.questions import SMALL, STRONG, by_kind, questions

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add(actions: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the action."""
    about = "ask a new model the shipped prompts, so that it is routed usefully at once"
    parser = actions.add_parser("place", help=about, description=__doc__)
    parser.add_argument("model", metavar="MODEL", help="a catalogue name")
    out = "where its answers' scores go (default: MODEL.placement.jsonl)"
    parser.add_argument("--out", type=Path, metavar="FILE", help=out)
    asking(parser, "1")


def run(args: Namespace, out: TextIO) -> None:
    """Place it, and say what to write into config.yaml. Raises Refused."""
    path = args.out or Path(f"{args.model.replace('/', '-')}.placement.jsonl")
    asked, book = questions(), Book(path)
    done = collect(
        asked, [args.model], opened(args, book), book, lambda one, said: float(right(one, said)), args.max_tokens
    )
    if not done.finished:
        raise Refused(f"${book.spent():f} are spent, and the rest could cost more than is left: run it again with more")
    for line in told(asked, book, args.model, path):
        print(line, file=out)


def told(asked: list[Question], book: Book, model: str, path: Path) -> Iterator[str]:
    """How it did, kind by kind."""
    scores = {row["prompt"]: float(score) for row in book.rows for score in row["scores"].values()}
    kinds = by_kind(asked, scores)
    yield table(("kind", "right", "of"), [(kind, right, count) for kind, (right, count) in kinds.items()])
    right, count = (sum(column) for column in zip(*kinds.values(), strict=True))
    small, strong = f"{SMALL:.0%}", f"{STRONG:.0%}"
    yield f"\n{right} of {count} right; a small reference model is taken to get {small} of them, a strong one {strong}."
    yield f"In config.yaml:  models: {{{model}: {{…, placement: {path}}}}}"
