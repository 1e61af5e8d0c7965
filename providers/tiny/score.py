"""Score the model on prompts that its training never saw: greedy, through llama.cpp, per family.

    python -m providers.tiny.score providers/tiny/tiny.gguf --card --instructions PEOPLE.jsonl.gz

prints the table; with --card the figures go into card.json and card.md beside the model, which says which instructions
those are. What is claimed is what scored: `CLAIM` of a hundred.
"""

import argparse
import gzip
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random

from providers.tiny.card import CLAIM, DISTINCT, write_card
from providers.tiny.corpus import FAMILIES, Example, Family
from providers.tiny.corpus.checks import declined
from providers.tiny.corpus.mix import earlier_turns, system_prompt
from providers.tiny.corpus.phrase import normalise
from providers.tiny.speaker import Speaker

DRAWS = 20
"""So many times as many examples as are wanted are drawn, to find different ones."""

Answer = Callable[[list[dict[str, str]]], str]


@dataclass(frozen=True, slots=True)
class Score:
    """How many held-out prompts of a family were answered rightly, how many differed in words, and which were wrong."""

    family: str
    duty: str
    right: int
    asked: int
    different: int
    claimed: bool
    wrong: tuple[tuple[str, str, str], ...]


def held_out(family: Family, count: int, seed: str = "held out") -> Iterator[Example]:
    """The same held-out examples for everybody; the same words come twice only where the family has too few."""
    rng, known, again = Random(f"{seed}/{family.name}"), set[str](), list[Example]()
    if family.asked is not None:
        family = replace(family, draft=family.asked)
    for _ in range(DRAWS * count):
        example = family.sample(rng, held_out=True)
        if words(example) in known:
            again.append(example)
            continue
        known.add(words(example))
        yield example
        if len(known) == count:
            return
    yield from again[: count - len(known)]


def words(example: Example) -> str:
    """What is asked, without its case, punctuation and space."""
    return normalise(example.messages[-1]["content"])


def score(answer: Answer, family: Family, examples: Iterable[Example]) -> Score:
    """Judge every answer with the example's own check."""
    right, asked, wrong = 0, 0, []
    prompts = set()
    for example in examples:
        text = answer(example.messages)
        prompts.add(words(example))
        asked += 1
        if example.check(text):
            right += 1
        else:
            wrong.append((example.messages[-1]["content"], text, example.answer))
    claimed = family.duty == "answer" and 100 * right >= CLAIM * asked and len(prompts) >= DISTINCT
    return Score(family.name, family.duty, right, asked, len(prompts), claimed, tuple(wrong))


def behind_system_prompt(example: Example, rng: Random) -> Example:
    """The same question with what operators put in front."""
    if example.messages[0]["role"] == "system":
        return example
    return Example([system_prompt(rng), *example.messages], example.answer, example.check)


def after_other_turns(example: Example, rng: Random) -> Example:
    """The same question after one or two other exchanges."""
    if example.messages[0]["role"] == "system":
        return example
    return Example([*earlier_turns(rng), *example.messages], example.answer, example.check)


def settings(answer: Answer, claimed: list[Family], count: int) -> dict[str, list[int]]:
    """[right, asked] of the claimed families together, as they are met in practice."""
    found = {}
    for name, change in (("system prompt in front", behind_system_prompt), ("after other turns", after_other_turns)):
        rng = Random(name)
        right = asked = 0
        for family in claimed:
            for example in held_out(family, count, name):
                changed = change(example, rng)
                right, asked = right + changed.check(answer(changed.messages)), asked + 1
        found[name] = [right, asked]
    return found


def instructions(path: Path, count: int) -> list[str]:
    """`instruction` (and `context` after an empty line) of JSON lines, a fixed random choice of them."""
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    rows = [json.loads(line) for line in text.splitlines()]
    chosen = Random("instructions").sample(rows, min(count, len(rows)))
    return ["\n\n".join(filter(None, (row["instruction"], row.get("context")))) for row in chosen]


def declined_share(answer: Answer, prompts: list[str], show: int) -> tuple[int, int]:
    """How many real instructions are declined, of those that fit the context."""
    right = asked = 0
    for prompt in prompts:
        text = answer([{"role": "user", "content": prompt}])
        if not text:
            continue
        asked += 1
        right += declined(text)
        if not declined(text) and show > 0:
            show -= 1
            print(f"   not declined: {prompt[:110]!r} -> {text[:110]!r}")
    return right, asked


def report(result: Score, show: int) -> None:
    """One line of the table, and some of what went wrong."""
    measured = f"{result.right:3}/{result.asked} {result.different:3} different"
    print(f"{result.family:18} {result.duty:8} {measured} {'claimed' if result.claimed else ''}", flush=True)
    for prompt, text, wanted in result.wrong[:show]:
        print(f"   {prompt!r} -> {text[:120]!r}, not {wanted[:80]!r}")


def main() -> None:
    """Score a GGUF of the demo model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--count", type=int, default=100, help="held-out prompts per family (default 100)")
    parser.add_argument("--show", type=int, default=0, help="print this many wrong answers per family")
    parser.add_argument("--instructions", type=Path, help="JSON lines of real instructions that must be declined")
    parser.add_argument("--card", action="store_true", help="write card.json and card.md beside the model")
    arguments = parser.parse_args()
    speaker, start = Speaker(arguments.path), time.monotonic()
    results = []
    for family in FAMILIES:
        results.append(score(speaker.answer, family, held_out(family, arguments.count)))
        report(results[-1], arguments.show)
    names = {result.family for result in results if result.claimed}
    practice = settings(
        speaker.answer, [family for family in FAMILIES if family.name in names], max(1, arguments.count // 20)
    )
    print(f"{len(names)} families claimed; {practice}; {time.monotonic() - start:.0f} s")
    if arguments.instructions:
        real = declined_share(
            speaker.answer, instructions(arguments.instructions, 5 * arguments.count), 10 * arguments.show
        )
        practice["real instructions declined"] = list(real)
        print(f"real instructions declined: {real[0]}/{real[1]}")
    if arguments.card:
        write_card(arguments.path, [{**asdict(result), "wrong": len(result.wrong)} for result in results], practice)


if __name__ == "__main__":
    main()
