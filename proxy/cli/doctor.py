"""`halfpenny doctor`: whether every part of the set-up would work, without spending anything.

It asks each provider for its list of models, with the credential; reads model files; opens shared stores; looks at the
disk and at the clock. What answers well is measured by asking for real: that costs money, and is not done here.
"""

import asyncio
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, TextIO

from proxy.config.load import load
from proxy.config.schema import Config
from proxy.start.checkup import findings

if TYPE_CHECKING:
    from argparse import _SubParsersAction

SIGNS = {"ok": "ok     ", "warning": "warning", "broken": "BROKEN "}


def add(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the command."""
    subparsers.add_parser("doctor", help="look whether every part of the set-up would work", description=__doc__)


def run(args: Namespace, out: TextIO) -> int:
    """Print each finding as it comes; 1 when something is broken. Raises ConfigError."""
    return asyncio.run(_look(load(args.config, args.environ), args, out))


async def _look(config: Config, args: Namespace, out: TextIO) -> int:
    broken = 0
    async for found in findings(config, args.data):
        broken += found.state == "broken"
        print(f"{SIGNS[found.state]}  {found.part}: {found.told}", file=out, flush=True)
    print(f"{broken} broken" if broken else "nothing is broken", file=out)
    return int(broken > 0)
