"""The table of a run of `bench.crashes`, in Markdown."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from bench.crashes.growth import growth
from bench.crashes.killing import FULL, WARM, Story
from bench.report import table

NAMES = {
    "bought_stream": "streams of a scripted upstream",
    "bought_whole": "whole answers of it",
    "neighbour": "whole answers of another local model",
    "victim": "streams of the model that crashes, by its name",
    "routed": "streams of `auto`, whose first candidate is that model",
}
PROCESSES = ("supervisor", "HTTP worker")


def markdown(story: Story, conditions: Sequence[str]) -> str:
    """All tables of one run."""
    requests = [(NAMES[name], f"{ends.total():,}", _told(ends)) for name, ends in story.ends.items()]
    parts = [
        table(("clients ask for", "requests", "how they ended"), requests),
        table(("", *PROCESSES), _left(story)),
        "\n".join(f"- {line}" for line in (*_sentences(story), *conditions)),
    ]
    return "\n\n".join(parts)


def _told(ends: Counter[str]) -> str:
    return ", ".join(f"{count:,} {end}" for end, count in ends.most_common())


def _left(story: Story) -> list[tuple[str, ...]]:
    before, after = story.quiet
    lines = [growth([sizes[at].memory for sizes in story.under_load]) for at in range(len(PROCESSES))]
    both = list(zip(before, after, strict=True))
    return [
        ("descriptors, quiet before → after", *(f"{one.descriptors} → {two.descriptors}" for one, two in both)),
        ("memory, KiB (RssAnon)", *(f"{one.memory:,} → {two.memory:,}" for one, two in both)),
        ("KiB for each crash, under load", *(f"{line.slope:.1f} ± {line.error:.1f}" for line in lines)),
    ]


def _sentences(story: Story) -> list[str]:
    recoveries, measured = story.recoveries, len(story.under_load)
    return [
        f"{len(recoveries)} SIGSEGVs in a row, breaker off; {story.lost()} requests were lost or ended otherwise.",
        f"The ledger has {story.bought():,} answers that were bought and "
        f"{story.rows.total():,} rows for them: {_told(story.rows)}.",
        f"Kill to ready: median {median(recoveries):.2f} s, longest {max(recoveries):.2f} s.",
        f"Before is after {FULL:,} requests, which fill the page caches of ledger and records and the journal "
        f"of what was dispatched, and {WARM} crashes; the slope is of least squares over the {measured} others, with "
        "its standard error.",
    ]
