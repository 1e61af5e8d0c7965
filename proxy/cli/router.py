"""`halfpenny router`: better routing from your own answers. A file per action, each with `add(actions)` and `run(args,
out)`; what an action needs beyond numpy is imported when it runs.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TextIO

from proxy.cli import router_collect, router_eval, router_fit, router_hub, router_place, router_train
from proxy.cli.router_words import Refused

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_ACTIONS: Mapping[str, Any] = MappingProxyType(
    {
        "fit": router_fit,
        "eval": router_eval,
        "train": router_train,
        "collect": router_collect,
        "place": router_place,
        "push": router_hub.Push,
        "pull": router_hub.Pull,
    }
)


def add(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the command and its actions."""
    parser = subparsers.add_parser("router", help="train the classifier on your own answers", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action in _ACTIONS.values():
        action.add(actions)


def run(args: Namespace, out: TextIO) -> int:
    """Do what was asked. Returns the exit status."""
    try:
        return int(_ACTIONS[args.action].run(args, out) or 0)
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
