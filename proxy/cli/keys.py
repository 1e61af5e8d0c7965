"""`halfpenny keys`: create, list and revoke the keys that clients present."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from time import time_ns
from typing import TYPE_CHECKING, Any, TextIO, get_args

from proxy.cli.table import table
from proxy.keys import FILE, KeyRefused, KeyStore
from routing.budget import Allowance
from routing.money import human, usd
from routing.windows import Kind

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the command and its actions."""
    parser = subparsers.add_parser("keys", help="create, list and revoke keys", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a key and print it, this once")
    create.add_argument("name", metavar="NAME", help="what rules, tables and counters call it, like `alice`")
    create.add_argument("--limit", type=_amount, metavar="AMOUNT", help="what it may spend in each window, like `$5`")
    create.add_argument("--window", choices=get_args(Kind), default="month", help="calendar window (UTC) of --limit")
    create.add_argument("--team", default="", metavar="TEAM", help="whom limits count it with, like `research`")
    actions.add_parser("list", help="show all keys, revoked ones too; never the secrets")
    revoke = actions.add_parser("revoke", help="end a key within a second; its rows stay")
    revoke.add_argument("key", metavar="NAME|ID", help="the name or the id of a live key")


def run(args: Namespace, out: TextIO) -> int:
    """Do what was asked; `args.data` is the data folder. Returns the exit status."""
    try:
        store = KeyStore(args.data / FILE, time_ns)
    except KeyRefused as refused:
        print(refused, file=sys.stderr)
        return 1
    actions: dict[str, Callable[[KeyStore, Namespace, TextIO], None]] = {
        "create": _create,
        "list": _list,
        "revoke": _revoke,
    }
    try:
        actions[args.action](store, args, out)
    except KeyRefused as refused:
        print(refused, file=sys.stderr)
        return 1
    finally:
        store.close()
    return 0


def _create(store: KeyStore, args: Namespace, out: TextIO) -> None:
    own = None if args.limit is None else Allowance(args.limit, args.window)
    key, secret = store.create(args.name, own, args.team)
    print(
        f"Key `{key.name}` ({key.id}). It is shown this once; only a digest of it is kept.\n\n    {secret}\n", file=out
    )


def _list(store: KeyStore, _: Namespace, out: TextIO) -> None:
    rows: list[tuple[Any, ...]] = [
        (k.key.name, k.key.id, k.key.team, _limit(k.key.allowance), _when(k.created), _when(k.revoked))
        for k in store.list()
    ]
    if rows:
        print(table(("name", "id", "team", "limit", "created (UTC)", "revoked"), rows), file=out)
    else:
        print("No keys yet: `halfpenny keys create NAME` makes one.", file=out)


def _revoke(store: KeyStore, args: Namespace, out: TextIO) -> None:
    key = store.revoke(args.key)
    print(f"Key `{key.name}` ({key.id}) is revoked; running servers refuse it within a second.", file=out)


def _amount(written: str) -> int:
    try:
        return usd(written)
    except ValueError as wrong:
        raise ArgumentTypeError(f"{wrong} (in a shell, between single quotes)") from None


def _limit(own: Allowance | None) -> str:
    return "" if own is None else f"{human(own.limit)} a {own.window}"


def _when(at: int | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at // 10**9, UTC).strftime("%Y-%m-%d %H:%M")
