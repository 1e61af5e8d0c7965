"""Ask the demo model, and write down how its answers fared: the rows that its head is trained on.

    python -m routing.classifier.outcomes            (a few minutes; needs llama.cpp, no torch)

`outcomes.json` beside the rows says which file was asked. Every family is drawn on both sides of its corpus' split. Families
that the model must decline count as not good without being asked: a refusal is right for the demo model, but for routing it
is no answer.
"""

# ruff: noqa: E501 (phrases read better unbroken)

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from random import Random

from msgspec import structs

from providers.tiny import MODEL_PATH
from providers.tiny.corpus import FAMILIES, Family
from providers.tiny.corpus.family import Check
from providers.tiny.corpus.mix import earlier_turns, system_prompt
from providers.tiny.corpus.phrase import phrase
from providers.tiny.speaker import Speaker
from providers.words import Message
from routing.classifier.rows import DEMO, DOLLY, Asked, Instruction, part, read_rows, write_rows

RECORD = "outcomes.json"
WAYS = {"alone": 70, "system": 14, "turns": 10, "long system": 3, "long turns": 3}
"""How a prompt is put, with weights: behind what operators put in front, after other turns, each short or long."""
PER_SIDE = 320
REFUSED = 2
"""The families that must be declined are drawn so many times as often: there is more of what they stand for."""

FOLLOW_UPS = (
    "[ok|okay|yes|sure|right|good|great|fine|please|and|now|hm|no|well][,|] [continue|go on|next|proceed|more|do it|go ahead|the next one|the rest|another one|again][.|!|| please]",
    "[continue|go on|proceed|keep going|carry on|next|more|again|do it|go ahead][.|!|| please| from there| where you stopped]",
    "[yes|no|ok|okay|sure|maybe|both|the first one|the second|the latter|all of them|none|that one|neither][.|!|| please]",
    "[make|can you make|please make] it [shorter|longer|simpler|more formal|funnier|clearer|better|a table|a list]",
    "[shorter|longer|simpler|more detail|in more detail|with examples|as a table|in one sentence|in other words][.|| please]",
    "[why|how|how so|why not|what else|and then|since when|who|where|when|which one][?|| exactly?| is that?]",
    "[explain|elaborate on|rewrite|fix|translate|summarise|summarize|check|improve|shorten] [that|this|it|the last part|the second point][.|| please| again]",
    "[what do you mean|are you sure|is that right|i do not understand|that is wrong|try again|tell me more|say more][.|?|]",
    "[and|what about|how about] [the other one|the second one|the rest|yesterday|me|the cost|that]?",
)
Draw = tuple[Asked, Check]


def draws(family: Family, count: int, pasted: list[str]) -> Iterator[Draw]:
    """Distinct conversations of one family, both sides of its split alternating; not good until they are asked."""
    rng, known = Random(f"outcomes/{family.name}"), set[tuple[Message, ...]]()
    for index in range(2 * count):
        example = family.sample(rng, held_out=index % 2 == 1)
        before, way = [], rng.choices(tuple(WAYS), tuple(WAYS.values()))[0]
        if example.messages[0]["role"] != "system" and family.name != "unknown_person":
            before = put(way, rng, pasted)
        turns = tuple(Message(turn["role"], turn["content"]) for turn in [*before, *example.messages])
        if turns not in known:
            known.add(turns)
            yield Asked(family.name, index % 2 == 1, way if before else "alone", turns, False), example.check


def put(way: str, rng: Random, pasted: list[str]) -> list[dict[str, str]]:
    """What comes before a prompt."""
    if way == "system":
        return [system_prompt(rng)]
    if way == "turns":
        return earlier_turns(rng)
    if way == "long system":
        return [{"role": "system", "content": rng.choice(pasted)}]
    if way == "long turns":
        return [{"role": "user", "content": rng.choice(pasted)}, {"role": "assistant", "content": rng.choice(pasted)}]
    return []


def follow_ups(count: int, pasted: list[str]) -> Iterator[Asked]:
    """Short turns that go on with something; not good, because the demo model cannot."""
    rng, known = Random("outcomes/follow_ups"), set[tuple[Message, ...]]()
    for _ in range(count):
        before = put("long turns", rng, pasted) if rng.random() < 0.6 else []
        said = [*before, {"role": "user", "content": phrase(rng, FOLLOW_UPS)}]
        turns = tuple(Message(turn["role"], turn["content"]) for turn in said)
        if turns not in known:
            known.add(turns)
            yield Asked("follow_ups", True, "long turns" if before else "alone", turns, False)


def asked(speaker: Speaker, draw: Draw) -> Asked:
    """The row with the outcome."""
    row, check = draw
    messages = [{"role": turn.role, "content": turn.text()} for turn in row.messages]
    return structs.replace(row, good=check(speaker.answer(messages)))


def collect(speaker: Speaker, count: int) -> Iterator[Asked]:
    """All rows, family by family, with a line of progress each; without a speaker every promise counts as kept."""
    start = time.monotonic()
    # Text that the head learns from elsewhere stays on its side of the split.
    pasted = [row.context for row in read_rows(DOLLY, Instruction) if row.context and part(row.prompt()) == "train"]
    for family in FAMILIES:
        if family.duty != "answer":
            yield from (row for row, _ in draws(family, REFUSED * count, pasted))
            continue
        drawn = draws(family, count, pasted)
        rows = [asked(speaker, draw) for draw in drawn]
        right = sum(row.good for row in rows)
        print(f"{family.name:18} {right:4} of {len(rows):4} good   {time.monotonic() - start:5.0f} s", flush=True)
        yield from rows
    yield from follow_ups(REFUSED * count, pasted)


def collected(path: Path, count: int) -> list[Asked]:
    """All rows of the model in that file."""
    with closing(Speaker(path)) as speaker:
        return list(collect(speaker, count))


def main() -> None:
    """Write the outcomes of the demo model's own prompts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODEL_PATH)
    parser.add_argument("--count", type=int, default=PER_SIDE, help="prompts of each side of a family (default 320)")
    parser.add_argument("--out", type=Path, default=DEMO)
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)  # before minutes of asking, not after
    rows = collected(arguments.model, arguments.count)
    write_rows(arguments.out, rows)
    record = {
        "model_sha256": sha256(arguments.model.read_bytes()).hexdigest(),
        "rows": len(rows),
        "good": sum(r.good for r in rows),
    }
    arguments.out.with_name(RECORD).write_text(json.dumps(record, indent=1) + "\n")
    print(f"{arguments.out.name}: {len(rows)} rows, {record['good']} good")


if __name__ == "__main__":
    main()
