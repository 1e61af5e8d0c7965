"""`halfpenny serve`: check the configuration, then supervise what serves it."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, TextIO

from proxy import supervisor
from proxy.config.load import load
from proxy.config.report import ConfigError
from proxy.config.schema import Config
from proxy.config.whom import nobody
from proxy.doors.entrance import budgeted, refusal
from proxy.keys import DEVELOPMENT, FILE, Key, KeyRefused, KeyStore, development_key
from proxy.listening import loopback
from proxy.places import CannotStart

if TYPE_CHECKING:
    from argparse import _SubParsersAction


OPEN = "HALFPENNY_DOORS__ANONYMOUS_KEY"


def add(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the command."""
    parser = subparsers.add_parser("serve", help="serve the models of config.yaml", description=__doc__)
    about = "make and print a key named `development`, for trying things out"
    parser.add_argument("--development", action="store_true", help=about)


def run(args: Namespace, out: TextIO) -> int:
    """Serve until a signal; the banner goes to `out`. Raises ConfigError or CannotStart."""
    path = args.config.absolute()
    config, environ = load(path, args.environ), args.environ
    key = _key(args.data) if args.development else None
    if args.development and opens(config):
        environ = {**environ, OPEN: DEVELOPMENT}
        config = load(path, environ)
    _check_keys(config, path, args.data)
    return supervisor.serve(
        supervisor.Serving(config=config, config_path=path, data=args.data, environ=environ, key=key), out
    )


def opens(config: Config) -> bool:
    """Whether the development key stands for callers without one: on the loopback alone, and within a budget."""
    if config.doors.anonymous_key or not loopback(config.server.host):
        return False
    return budgeted(Key("", DEVELOPMENT), config.budgets)


def _check_keys(config: Config, path: Path, data: Path) -> None:
    """What the configuration says of keys, and what these are. Raises CannotStart or ConfigError."""
    try:
        store = KeyStore(data / FILE, time_ns)
    except KeyRefused as error:
        raise CannotStart(str(error)) from None
    try:
        keys = store.list()
        if why := refusal(config.doors, config.budgets, keys):
            raise CannotStart(why)
        if mistakes := tuple(nobody(config, keys)):
            raise ConfigError(path.name, mistakes)
    finally:
        store.close()


def _key(data: Path) -> str:
    try:
        return development_key(data, time_ns)
    except KeyRefused as error:
        raise CannotStart(str(error)) from None
