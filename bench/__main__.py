"""`python -m bench`: what the proxy adds to a request, beside nginx and beside no proxy at all.

One run, every server up at once; `--write` puts its tables into docs/benchmarks.md.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench import processes, report, servers, tools
from bench.conditions import conditions
from bench.rounds import Target, measure

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def main() -> int:
    """Run, print, and write when told to."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each cell, after its warm-up")
    parser.add_argument("--write", action="store_true", help=f"write the tables into {PAGE.name}")
    args = parser.parse_args()
    try:
        text = run(args.rounds, args.seconds)
    except (tools.Missing, RuntimeError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(text)
    if args.write:
        report.write(PAGE, text)
    return 0


def run(rounds: int, seconds: float) -> str:
    """The tables of one run."""
    ours, theirs = processes.cores()
    program = tools.nginx()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        mock = stack.enter_context(servers.mock(folder, ours))
        peers = {}
        if program is not None:
            peers[report.NGINX] = stack.enter_context(servers.nginx(program, folder, mock.port, theirs))
        halfpenny = stack.enter_context(servers.halfpenny(folder, mock.port, theirs))
        targets = [
            Target(report.DIRECT, mock.port, "any"),
            *(Target(name, peer.port, "any", peer.key, peer.pid) for name, peer in peers.items()),
            *(
                Target(f"Halfpenny, {what}", halfpenny.port, model, halfpenny.key, halfpenny.pid)
                for what, model in (("free model", "free"), ("paid model", "paid"), ("`auto`", "auto"))
            ),
        ]
        results = measure(targets, folder, ours, rounds, seconds)
        memory = [*(_memory(name, peer) for name, peer in peers.items()), _memory("Halfpenny", halfpenny)]
        how = (
            f"Mock and load generator on core {ours}, the measured server on core {theirs}; medians of {rounds} rounds"
        )
        how += f" of {seconds:g} s a cell, all servers up at once"
        return report.markdown(results, memory, conditions(how, program))


def _memory(name: str, server: servers.Server) -> report.Memory:
    pids = processes.tree(server.pid)
    peaks = [("all", processes.peak(pids))]
    for part, module in (("worker", "proxy.worker"), ("engine", "providers.engine.worker")):
        found = processes.running(pids, module)
        if found:
            peaks.append((part, processes.peak(found)))
    return report.Memory(name, tuple(peaks), server.ready)


if __name__ == "__main__":
    sys.exit(main())
