"""`halfpenny import litellm config.yaml`: our configuration for somebody who comes from another gateway.

The configuration goes to standard output, what has no equal to standard error; no secret is copied.
"""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from msgspec import to_builtins
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from proxy.start.litellm import imported

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the command."""
    parser = subparsers.add_parser("import", help="a config.yaml from another gateway's", description=__doc__)
    parser.add_argument("gateway", choices=["litellm"], help="whose configuration it is")
    parser.add_argument("file", type=Path, help="that configuration")


def run(args: Namespace, out: TextIO) -> int:
    """Write ours, tell what is missing. 1 when theirs cannot be read."""
    try:
        theirs = YAML(typ="safe", pure=True).load(args.file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        print(f"{args.file} cannot be read: {error}", file=sys.stderr)
        return 1
    if not isinstance(theirs, dict) or "model_list" not in theirs:
        print(f"{args.file} is no configuration of LiteLLM's proxy: it has no `model_list`", file=sys.stderr)
        return 1
    made = imported(theirs)
    sections = {name: value for name, value in to_builtins(made).items() if value and name != "notes"}
    writer = YAML()
    writer.width = 120
    print(
        f"# Made by `halfpenny import litellm {args.file.name}`. `halfpenny check` says what it will serve.", file=out
    )
    writer.dump(sections, out)
    for note in made.notes:
        print(f"note: {note}", file=sys.stderr)
    return 0
