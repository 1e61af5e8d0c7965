"""`python -m bench.engine`: tokens per second and time to the first token of the local engine, beside its peers.

Each server is a process of its own with one compute thread on the same GGUF; a client counts the tokens on its socket.
`--peers` names the Python that has `llama-cpp-python[server]` and `xllamacpp`; `--write` keeps the tables.
"""

import argparse
import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from bench import processes
from bench.conditions import conditions
from bench.engine import peers
from bench.engine.latencies import Latencies, latencies
from bench.engine.report import markdown
from bench.engine.rounds import Target, measure
from bench.engine.streams import over_frames, over_http
from bench.report import write
from providers.tiny import MODEL_PATH

PAGE = Path(__file__).resolve().parents[2] / "docs" / "local-engine.md"


def main() -> int:
    """Run, print, and write when told to."""
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL_PATH, help="the GGUF (default: the demonstration model)")
    parser.add_argument("--peers", type=Path, help="a Python with the other servers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help=f"write the tables into docs/{PAGE.name}")
    args = parser.parse_args()
    text = asyncio.run(run(args.model.resolve(), args.peers, args.rounds))
    print(text)
    if args.write:
        write(PAGE, text)
    return 0


async def run(model: Path, python: Path | None, rounds: int) -> str:
    """The tables of one run."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        engine, line = await stack.enter_async_context(peers.engine(model, folder))
        proxy, key = stack.enter_context(peers.proxy(model, folder))
        targets = [
            Target(engine.name, over_frames(line), engine.pid),
            Target(proxy.name, over_http(proxy.port, "measured", key), proxy.pid),
        ]
        for name, module, start in (
            (peers.LLAMA_CPP, "llama_cpp.server", peers.llama_cpp_server),
            (peers.XLLAMACPP, "xllamacpp", peers.xllamacpp),
        ):
            if python is None or not peers.installed(python, module):
                print(f"bench: {name} is not installed there: left out", file=sys.stderr)
                continue
            peer = stack.enter_context(start(python, model, folder))
            targets.append(Target(name, over_http(peer.port, "any"), peer.pid))
        results = await measure(targets, rounds)
        memory = {target.name: processes.peak(processes.tree(target.pid)) for target in targets}
        times: Latencies = await latencies(line)
        return markdown(
            results, memory, times, conditions(f"Medians of {rounds} alternating rounds, all servers up at once"), model
        )


if __name__ == "__main__":
    sys.exit(main())
