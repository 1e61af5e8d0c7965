"""Whether the command's configuration shares its ledger with other machines, and where that lies then."""

import sys
from argparse import Namespace

from proxy.config.load import load
from proxy.config.report import ConfigError


def book(args: Namespace) -> str:
    """The URL of the shared book of record; "" where the ledger is the data folder's own.

    A configuration that cannot be read is told on standard error, and leaves the data folder.
    """
    path = vars(args).get("config")
    if path is None or not path.exists():
        return ""
    try:
        return load(path, args.environ).store.postgres.reveal()
    except ConfigError as error:
        print(f"{error}\nThis data folder's own books are shown.", file=sys.stderr)
        return ""
