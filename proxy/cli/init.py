"""`halfpenny init`: look around on this machine and write a commented config.yaml for it; none is ever overwritten."""

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, TextIO

from proxy.start.discovery import look
from proxy.start.known import known
from proxy.start.proposal import config, summary

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the command."""
    parser = subparsers.add_parser("init", help="write a config.yaml that fits this machine", description=__doc__)
    parser.add_argument("--print", action="store_true", dest="shown", help="print it and write nothing")


def run(args: Namespace, out: TextIO) -> int:
    """Look, tell, write. 1 when there is a configuration already."""
    if not args.shown and args.config.exists():
        print(
            f"{args.config} is there already and stays as it is; `--print` shows what would stand there",
            file=sys.stderr,
        )
        return 1
    table = known()
    found = look(args.environ, table)
    text = config(found, table)
    for line in summary(found, table):
        print(line, file=sys.stderr if args.shown else out)
    if args.shown:
        print(text, end="", file=out)
        return 0
    with args.config.open("x", encoding="utf-8") as file:
        file.write(text)
    print(f"\n{args.config} is written. Next: halfpenny check, then halfpenny serve --development", file=out)
    return 0
