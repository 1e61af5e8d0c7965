"""`halfpenny serve`: the supervisor with everything it needs."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from time import time_ns
from typing import Any

from proxy import supervisor
from proxy.cli.check import with_config
from proxy.config.load import environment, load
from proxy.keys import KeyRefused, development_key
from proxy.places import CannotStart, data_folder


def add(subparsers: Any) -> None:
    """The subcommand's options."""
    parser = subparsers.add_parser("serve", help="serve the models of config.yaml")
    with_config(parser)
    about = "make and print a key named `development` for trying things out"
    parser.add_argument("--development", action="store_true", help=about)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Serve until a signal. Raises ConfigError or CannotStart."""
    path = args.config.absolute()
    config = load(path, environ)
    around = environment(path, environ)
    data = data_folder(around)
    return supervisor.serve(
        supervisor.Serving(
            config=config,
            config_path=path,
            data=data,
            environ=around,
            key=_key(data) if args.development else None,
        )
    )


def _key(data: Path) -> str:
    try:
        return development_key(data, time_ns)
    except KeyRefused as error:
        raise CannotStart(str(error)) from None
