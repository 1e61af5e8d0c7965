"""`halfpenny requests`: the newest requests, a line each; `requests show ID`: the whole story of one.

Works while the server runs: a request appears within a second of its end. No record holds what was said. The newest
100 000 are kept.
"""

import sys
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING, TextIO

from msgspec import json, structs

from proxy.cli import telling
from proxy.cli.shared import book
from proxy.cli.table import table
from proxy.record import Record
from proxy.records import FILE, RecordsRefused, named, newest
from routing.money import human

if TYPE_CHECKING:
    from argparse import _SubParsersAction

SHORT = 16
"""Hex digits of an id that tell two requests apart: its milliseconds and twelve random bits."""
_HEADS = (
    *("time (UTC)", "id", "key", "asked → model", "route", "ended"),
    *("input", "output", "cost", "saved", "ms"),
)


def add(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the command and its action."""
    parser = subparsers.add_parser("requests", help="list requests, or tell the story of one", description=__doc__)
    parser.add_argument("--limit", type=_count, default=20, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--key", metavar="NAME", help="only those of this key")
    whole = "one JSON object per line: whole records, money in nano-dollars, times in nanoseconds"
    parser.add_argument("--json", action="store_true", help=whole)
    show = parser.add_subparsers(dest="action", metavar="ACTION").add_parser(
        "show", help="who asked what, what was decided and why, what was tried, what it cost"
    )
    show.add_argument("id", metavar="ID", help="the answer's x-request-id, or enough of its beginning")
    show.add_argument("--json", action="store_true", default=SUPPRESS, help="the record as one JSON object")


def run(args: Namespace, out: TextIO) -> int:
    """Print it; `args.data` is the data folder. Returns the exit status."""
    if book(args):
        print("Only what this data folder's workers answered; `halfpenny usage` counts all replicas.", file=sys.stderr)
    try:
        return _show(args, out) if args.action == "show" else _list(args, out)
    except RecordsRefused as refused:
        print(refused, file=sys.stderr)
        return 1


def _list(args: Namespace, out: TextIO) -> int:
    records = newest(args.data / FILE, args.limit, args.key)
    if args.json:
        for record in records:
            print(_json(record), file=out)
    elif records:
        print(table(_HEADS, [_row(record) for record in records]), file=out)
    else:
        print("No requests yet.", file=out)
    return 0


def _show(args: Namespace, out: TextIO) -> int:
    wanted = args.id.strip().lower()
    found = named(args.data / FILE, wanted) if wanted else []
    if len(found) != 1:
        several = "".join(f"\n  {record.id}" for record in found)
        what = f"Several requests begin with '{wanted}':{several}" if found else f"No request '{wanted}' is recorded."
        print(what, file=sys.stderr)
        return 1
    print(_json(found[0]) if args.json else "\n".join(telling.story(found[0])), file=out)
    return 0


def _row(record: Record) -> tuple[int | str, ...]:
    ended = "ok" if record.outcome == "ok" else f"{record.status} {record.outcome}"
    who = f"{record.asked or '?'} → {record.model or '-'}"
    return (
        *(telling.when(record.at), record.id[:SHORT], record.key or "-", who, record.route, ended),
        *(record.input, record.output, human(record.cost), human(record.saved)),
        round(record.duration / 1e6),
    )


def _json(record: Record) -> str:
    """With every field, defaults too, and what was saved."""
    return json.encode({**structs.asdict(record), "saved": record.saved}).decode()


def _count(written: str) -> int:
    if not written.isdigit() or not int(written):
        raise ArgumentTypeError("a number of requests is at least 1")
    return int(written)
