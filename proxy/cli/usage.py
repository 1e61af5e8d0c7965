"""`halfpenny usage`: what was used and what it cost, per key, model and day (UTC).

`saved` is what the same tokens would have cost at the price of the model that was asked for (for `auto`: of the dearest
that it could have chosen), less what they did cost. It is shown as it is, below zero too.
"""

import asyncio
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, TextIO

from msgspec import json

from proxy.cli.shared import book
from proxy.cli.table import table
from proxy.keys import FILE as KEYS
from proxy.keys import KeyRefused, KeyStore
from proxy.money.schema import FILE, LedgerRefused
from proxy.money.usage import Line, usage
from routing.money import exact

if TYPE_CHECKING:
    from argparse import _SubParsersAction

GROUPS = ("key", "model", "day")
_OF_ALL = (
    "From Postgres, all replicas' together, without running requests."
    " A key that is not in this data folder's keys.db is shown by its id; no key: leases of lost workers."
)
_HEADS = ("requests", "input", "output", "cost", "saved", "estimated")


def add(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the command."""
    parser = subparsers.add_parser("usage", help="show cost per key, model and day", description=__doc__)
    parser.add_argument("--by", type=_groups, default=GROUPS, metavar="key,model,day", help="what to group by")
    parser.add_argument("--since", type=_day, default=0, metavar="YYYY-MM-DD", help="first day (UTC)")
    parser.add_argument("--json", action="store_true", help="one JSON object per line, costs in nano-dollars")


def run(args: Namespace, out: TextIO) -> int:
    """Print it; `args.data` is the data folder. Returns the exit status."""
    try:
        shared = book(args)
        lines = _shared(shared, args) if shared else usage(args.data / FILE, args.by, args.since)
        names = _names(args.data / KEYS) if "key" in args.by else {}
    except (LedgerRefused, KeyRefused) as refused:
        print(refused, file=sys.stderr)
        return 1
    groups = [_named(line, args.by, names) for line in lines]
    if args.json:
        for group, line in zip(groups, lines, strict=True):
            print(_json(dict(zip(args.by, group, strict=True)), line), file=out)
    elif lines:
        print(_table(args.by, groups, lines), file=out)
    else:
        print("Nothing was used yet.", file=out)
    return 0


def _shared(url: str, args: Namespace) -> list[Line]:
    """From Postgres. Raises LedgerRefused."""
    try:
        from proxy.money.leased.usage import shared_usage  # loads Postgres' client
    except ImportError as missing:
        raise LedgerRefused(f"`store` needs the extra `grown`: pip install 'halfpenny[grown]' ({missing})") from None
    print(_OF_ALL, file=sys.stderr)
    return asyncio.run(shared_usage(url, args.by, args.since))


def _table(by: tuple[str, ...], groups: list[tuple[str, ...]], lines: list[Line]) -> str:
    rows = [(*group, *_figures(line)) for group, line in zip(groups, lines, strict=True)]
    shown = table((*by, *_HEADS), rows)
    cost, saved = sum(line.cost for line in lines), sum(line.saved for line in lines)
    return f"{shown}\ntotal {exact(cost)}, saved {exact(saved)}{_besides(lines)}"


def _figures(line: Line) -> tuple[int | str, ...]:
    return line.requests, line.input, line.output, exact(line.cost), exact(line.saved), exact(line.estimated)


def _besides(lines: list[Line]) -> str:
    held, overrun = sum(line.held for line in lines), sum(line.overrun for line in lines)
    running = f"; {exact(held)} held by running requests" if held else ""
    return running + (f"; {exact(overrun)} over the holds, paid by the operator" if overrun else "")


def _json(group: dict[str, str], line: Line) -> str:
    figures = {name: getattr(line, name) for name in Line.__struct_fields__ if name != "group"}
    return json.encode({**group, **figures, "saved": line.saved}).decode()


def _names(path: Path) -> Mapping[str, str]:
    if not path.exists():
        return {}
    store = KeyStore(path, time_ns)
    try:
        return {listed.key.id: listed.key.name for listed in store.list()}
    finally:
        store.close()


def _named(line: Line, by: tuple[str, ...], names: Mapping[str, str]) -> tuple[str, ...]:
    """Keys by their names: as ids never repeat and names may, two lines may bear one name."""
    return tuple(
        names.get(value, value) if name == "key" else value for name, value in zip(by, line.group, strict=True)
    )


def _groups(written: str) -> tuple[str, ...]:
    groups = tuple(part.strip() for part in written.split(",") if part.strip())
    if not groups or not set(groups) <= set(GROUPS) or len(set(groups)) < len(groups):
        raise ArgumentTypeError(f"one or more of {', '.join(GROUPS)}, separated by commas")
    return groups


def _day(written: str) -> int:
    try:
        return int(datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * 10**9
    except ValueError:
        raise ArgumentTypeError("a day is written like `2026-01-31`") from None
