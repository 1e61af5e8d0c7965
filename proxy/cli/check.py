"""`halfpenny check`: what this configuration serves, or every mistake in it with its line."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proxy.config.describe import lines
from proxy.config.load import load
from routing.prices import shipped


def add(subparsers: Any) -> None:
    """The subcommand's options."""
    parser = subparsers.add_parser("check", help="say what config.yaml serves, or what is wrong with it")
    with_config(parser)
    parser.set_defaults(run=run)


def with_config(parser: argparse.ArgumentParser) -> None:
    """The option that names the configuration."""
    parser.add_argument("--config", type=Path, default=Path("config.yaml"), metavar="PATH", help="default: %(default)s")


def run(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print it. Raises ConfigError."""
    config = load(args.config, environ)
    print(f"{args.config} is in order")
    for line in lines(config, shipped().prices):
        print(line)
    return 0
