"""`halfpenny models`: fetch, list and remove model files of the Hugging Face hub. No request ever fetches one."""

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, TextIO

from providers import hub
from providers.engine import header
from providers.hub import BadReference, Held
from proxy.cli.table import table
from proxy.hub import NotPulled, prepare, pull, remove

if TYPE_CHECKING:
    from argparse import _SubParsersAction

SHOWN = 12
"""Letters of a commit in the table."""


def add(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the command and its actions."""
    parser = subparsers.add_parser("models", help="fetch, list and remove model files", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    fetch = actions.add_parser("pull", help="fetch a model file, or go on where a fetch was cut short")
    fetch.add_argument("model", metavar="hf:OWNER/REPO/FILE.gguf[@REVISION]")
    fetch.add_argument("--sha256", metavar="DIGEST", help="what the file must have; of several parts the first")
    actions.add_parser("list", help="show the model files that are here")
    gone = actions.add_parser("rm", help="remove a model file")
    gone.add_argument("model", metavar="hf:OWNER/REPO/FILE.gguf[@REVISION]")


def run(args: Namespace, out: TextIO) -> int:
    """Do what was asked. Returns the exit status."""
    try:
        {"pull": _pull, "list": _list, "rm": _remove}[args.action](args, out)
    except (BadReference, NotPulled) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _pull(args: Namespace, out: TextIO) -> None:
    wanted = hub.reference(args.model)
    prepare(args.environ)
    got = pull(wanted, args.sha256, hub.cache(args.environ), lambda sentence: print(sentence, file=sys.stderr))
    pinned = hub.Reference(wanted.repo, wanted.file, got.commit)
    print(f"{got.path}\n{got.architecture}, {got.size / 1e6:.1f} MB, sha256 {got.sha256}\n", file=out)
    print(f"In config.yaml:  model: {wanted}\nor, never another one:  model: {pinned}", file=out)


def _list(args: Namespace, out: TextIO) -> None:
    folder = hub.cache(args.environ)
    rows = [_row(each) for each in hub.held(folder)]
    if not rows:
        print(f"There are no models in {folder}.", file=out)
        return
    print(table(("model", "revision", "architecture", "MB"), rows), file=out)


def _row(each: Held) -> tuple[str, ...]:
    try:
        architecture = header.read(each.path).architecture
    except header.HeaderError:
        architecture = "not a GGUF file"
    commit = each.reference.revision
    names = ", ".join((*each.revisions, commit[:SHOWN]))
    return (
        f"hf:{each.reference.repo}/{each.reference.file}",
        names,
        architecture,
        f"{each.path.stat().st_size / 1e6:.1f}",
    )


def _remove(args: Namespace, out: TextIO) -> None:
    wanted = hub.reference(args.model)
    freed = remove(wanted, hub.cache(args.environ))
    print(f"{wanted} is removed, {freed / 1e6:.1f} MB are free again.", file=out)
