"""`halfpenny serve`: check the configuration, then supervise what serves it."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, TextIO

from proxy import supervisor
from proxy.config.load import load
from proxy.keys import KeyRefused, development_key
from proxy.places import CannotStart

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the command."""
    parser = subparsers.add_parser("serve", help="serve the models of config.yaml", description=__doc__)
    about = "make and print a key named `development`, for trying things out"
    parser.add_argument("--development", action="store_true", help=about)


def run(args: Namespace, out: TextIO) -> int:
    """Serve until a signal; the banner goes to `out`. Raises ConfigError or CannotStart."""
    path = args.config.absolute()
    return supervisor.serve(
        supervisor.Serving(
            config=load(path, args.environ),
            config_path=path,
            data=args.data,
            environ=args.environ,
            key=_key(args.data) if args.development else None,
        ),
        out,
    )


def _key(data: Path) -> str:
    try:
        return development_key(data, time_ns)
    except KeyRefused as error:
        raise CannotStart(str(error)) from None
