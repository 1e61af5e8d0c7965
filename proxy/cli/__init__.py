"""The `halfpenny` command, a file per subcommand: each has `add(subparsers)` and `run(args, environ) -> exit code`."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution

from proxy import __version__
from proxy.cli import check, serve
from proxy.config.report import ConfigError
from proxy.places import CannotStart

_ABOUT = "An OpenAI-compatible proxy that answers what it can at home and buys the rest within a budget."
_FOREIGN = "proxy.py"
"""PyPI's proxy.py also installs a top-level package `proxy`; the two overwrite each other."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; the exit code."""
    args = parser().parse_args(argv)
    if installed(_FOREIGN):
        advice = f"pip uninstall {_FOREIGN}, then install halfpenny again (or use a virtual environment for each)"
        return _fail(f"The package {_FOREIGN} is installed beside Halfpenny; both are called `proxy`. {advice}.")
    try:
        return int(args.run(args, os.environ))
    except (ConfigError, CannotStart) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """All subcommands and their options."""
    made = argparse.ArgumentParser(prog="halfpenny", description=_ABOUT)
    made.add_argument("--version", action="version", version=f"halfpenny {__version__}")
    subparsers = made.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (serve, check):
        command.add(subparsers)
    return made


def installed(name: str) -> bool:
    """Whether this environment has a distribution of that name."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1
