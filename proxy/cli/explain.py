"""`halfpenny explain`: who would answer a prompt, and why. Nothing is sent, nothing is spent, no server is needed.

The configuration, the classifier and the policy are the server's own. What only a running server knows is left aside:
everybody is taken for healthy, and the budget for large enough.
"""

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, TextIO

from msgspec import json, to_builtins

from providers.errors import CallerError
from proxy.cli import telling
from proxy.config.catalogue import catalogue
from proxy.config.load import load
from proxy.config.schema import Config
from proxy.record import Choice, Opinion
from proxy.surfaces import chat
from routing.catalog import AUTO

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "explain", help="say who would answer a prompt and why, without asking anybody", description=__doc__
    )
    parser.add_argument("prompt", metavar="PROMPT", help="what the user says; `-` reads it from standard input")
    names = "what the client asks for: auto, auto:cheap, auto:best, or any name that it may send (default: %(default)s)"
    parser.add_argument("--model", default=AUTO, metavar="NAME", help=names)
    parser.add_argument("--max-tokens", type=int, metavar="N", help="the longest answer that the client accepts")
    parser.add_argument("--system", metavar="TEXT", help="a system message before the prompt")
    about = "one JSON object: what was read and what was decided, money in nano-dollars"
    parser.add_argument("--json", action="store_true", help=about)


def run(args: Namespace, out: TextIO) -> int:
    """Print it. Raises ConfigError. Returns the exit status."""
    config = load(args.config, args.environ)
    prompt = sys.stdin.read() if args.prompt == "-" else args.prompt
    try:
        read, made = explained(config, _body(prompt, args))
    except CallerError as refused:
        print(f"It would be refused with {refused.status}: {refused.message}", file=sys.stderr)
        return 1
    if args.json:
        print(json.encode({"asked": args.model, "opinion": _full(read), "choice": _full(made)}).decode(), file=out)
    else:
        print("\n".join(telling.decided(read, made)), file=out)
    return 0


def explained(config: Config, body: bytes) -> tuple[Opinion, Choice]:
    """What would be read from a chat request of these bytes, and decided. Raises CallerError."""
    from proxy import story  # the classifier's numpy is not for every command
    from proxy.judge import judge
    from routing import policy

    catalog = catalogue(config)
    call = chat.read(body)
    signals = judge(catalog, config)(call)
    decision = policy.decide(call, catalog, signals, policy.Circumstances(), config.routing)
    return story.opinion(signals), story.choice(decision)


def _body(prompt: str, args: Namespace) -> bytes:
    """The request as an SDK would write it."""
    system = [{"role": "system", "content": args.system}] if args.system else []
    cap = {"max_tokens": args.max_tokens} if args.max_tokens is not None else {}
    return json.encode({"model": args.model, "messages": [*system, {"role": "user", "content": prompt}], **cap})


def _full(value: Opinion | Choice) -> dict[str, object]:
    """Every field, defaults too."""
    return {name: to_builtins(getattr(value, name)) for name in value.__struct_fields__}
