"""The `halfpenny` command: a file per subcommand, each with `add(subparsers)` and `run(args, out) -> exit code`.

`args` also carries `environ` (with what `.env` adds) and `data`, the data folder, except for `check` and `explain`.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import MappingProxyType
from typing import Any

from proxy import __version__
from proxy.cli import check, doctor, explain, importing, init, keys, models, requests, router, serve, usage
from proxy.config.load import environment
from proxy.config.report import ConfigError
from proxy.places import CannotStart, data_folder

_ABOUT = "An OpenAI-compatible proxy that answers what it can at home and buys the rest within a budget."
_FOREIGN = "proxy.py"
"""PyPI's proxy.py also installs a top-level package `proxy`; the two overwrite each other."""
_COMMANDS: Mapping[str, Any] = MappingProxyType(
    {
        "init": init,
        "import": importing,
        "serve": serve,
        "check": check,
        "doctor": doctor,
        "explain": explain,
        "keys": keys,
        "usage": usage,
        "requests": requests,
        "models": models,
        "router": router,
    }
)


_WITHOUT_DATA = ("init", "import", "check", "explain", "models", "router")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; the exit code."""
    args = parser().parse_args(argv)
    if installed(_FOREIGN):
        return _fail(foreign(_FOREIGN))
    try:
        args.environ = environment(args.config, os.environ)
        if args.command not in _WITHOUT_DATA:
            args.data = data_folder(args.environ)
        return int(_COMMANDS[args.command].run(args, sys.stdout))
    except (ConfigError, CannotStart) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of a table has seen enough; the interpreter would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def parser() -> argparse.ArgumentParser:
    """All subcommands and their options."""
    made = argparse.ArgumentParser(prog="halfpenny", description=_ABOUT)
    made.add_argument("--version", action="version", version=f"halfpenny {__version__}")
    subparsers = made.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    about = "the configuration; .env beside it is read too (default: %(default)s)"
    for name, command in _COMMANDS.items():
        command.add(subparsers)
        subparsers.choices[name].add_argument(
            "--config", type=Path, default=Path("config.yaml"), metavar="PATH", help=about
        )
    return made


def installed(name: str) -> bool:
    """Whether this environment has a distribution of that name."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def foreign(name: str) -> str:
    """What to do about a distribution that brings a package `proxy` of its own."""
    advice = f"`pip uninstall {name}`, then install halfpenny again, or give each a virtual environment of its own."
    return f"The package {name} is installed beside Halfpenny, and both are called `proxy` in Python: {advice}"


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1
