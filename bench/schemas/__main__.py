"""`python -m bench.schemas`: 1 000 schemas, 200 with an undocumented keyword and the hostile ones; prints the counts.

A crash of llama.cpp ends this process: so whoever runs it sees one. The last line is JSON.
"""

import argparse
import gc
import sys
from pathlib import Path

import msgspec
import numpy as np

import providers.tiny
from bench.schemas.hostile import hostile
from bench.schemas.strategy import documents, drawn, undocumented
from bench.schemas.trial import Counts, endured, kept, named
from bench.schemas.writer import Writer
from providers.engine.llama import Model

MODEL = Path(providers.tiny.__file__).with_name("tiny.gguf")
REFUSED = 0.2
"""The largest share of the schemas of documented keywords that may be refused."""


def main(arguments: list[str]) -> int:
    """Exit status 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.schemas", description=__doc__)
    parser.add_argument("--schemas", type=int, default=1_000)
    parser.add_argument("--hostile", type=int, default=10_000, help="how many of the hostile ones")
    parser.add_argument("--answers", type=int, default=3, help="for each schema")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    writer = Writer(Model(MODEL, lambda _share: True), np.random.default_rng(asked.seed))
    step = max(1, len(hostile()) // asked.hostile) if asked.hostile else 1
    documented = drawn(documents(), asked.schemas, asked.seed)
    strange = drawn(undocumented(), asked.schemas // 5, asked.seed)
    gc.freeze()  # what was drawn is no part of what a compilation costs
    found = {
        "documented": kept(documented, writer, asked.answers),
        "undocumented": named(strange),
        "hostile": endured(hostile()[::step][: asked.hostile], writer, 1),
    }
    for name, counts in found.items():
        told(name, counts)
    print(msgspec.json.encode(found).decode())
    first = found["documented"]
    return int(any(counts.wrong for counts in found.values()) or first.refused > REFUSED * first.schemas)


def told(name: str, counts: Counts) -> None:
    """A line for people."""
    print(
        f"{name}: {counts.schemas} schemas, {counts.refused} refused ({counts.unsatisfiable} have no value), "
        f"{counts.stopped} answers ended with stop, {counts.cut} were cut, invalid {len(counts.wrong)}, "
        f"slowest compilation {counts.slowest * 1000:.0f} ms, largest grammar {counts.largest} bytes"
    )
    for wrong in counts.wrong[:20]:
        print(f"  {wrong}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
