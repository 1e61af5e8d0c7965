"""Crashes in a row under load: `python -m bench.crashes [COUNT] [--write]` (120). Nothing else may break."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from bench.conditions import conditions
from bench.crashes.killing import WARM, crashes
from bench.crashes.report import markdown
from bench.report import write

PAGE = Path(__file__).resolve().parents[2] / "docs" / "local-engine.md"
BEGIN = "<!-- crashes -->"


def main() -> int:
    """Run, print, and write when told to; 1 when something was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.crashes", description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=100 + WARM, help=f"crashes, {WARM} of them to warm up")
    parser.add_argument("--write", action="store_true", help=f"write the tables into docs/{PAGE.name}")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        story = asyncio.run(crashes(Path(folder), args.count))
    text = markdown(story, conditions("Seven clients at once"))
    print(text)
    if args.write:
        write(PAGE, text, BEGIN)
    descriptors = [[each.descriptors for each in sizes] for sizes in story.quiet]
    return int(story.lost() > 0 or story.bought() != story.rows["settled"] or descriptors[0] != descriptors[1])


if __name__ == "__main__":
    sys.exit(main())
