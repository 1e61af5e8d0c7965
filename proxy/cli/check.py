"""`halfpenny check`: what this configuration serves, or every mistake in it with its line."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, TextIO

from proxy.config.describe import lines
from proxy.config.load import load

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the command."""
    subparsers.add_parser("check", help="say what config.yaml serves, or what is wrong with it", description=__doc__)


def run(args: Namespace, out: TextIO) -> int:
    """Print it. Raises ConfigError."""
    config = load(args.config, args.environ)
    print(f"{args.config} is in order", file=out)
    for line in lines(config):
        print(line, file=out)
    return 0
