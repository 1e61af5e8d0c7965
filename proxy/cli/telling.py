"""A record in words and tables: what the classifier read, what was decided, what was tried, what it cost."""

from collections.abc import Iterator
from datetime import UTC, datetime

from proxy.cli.table import table
from proxy.record import Choice, Opinion, Record, Tried
from routing.money import exact, human

MARGIN = "  "
TIERS = "tier 0: its words", "tier 1: an encoder's vector too"


def story(record: Record) -> Iterator[str]:
    """The lines of a whole story."""
    yield f"Request {record.id}"
    yield from _indented(_who(record))
    if record.choice.reasons:
        yield from ("", *decided(record.opinion, record.choice))
    if record.attempts:
        yield from ("", "What was tried", *_indented(_tried(record.attempts)))
    yield from ("", "What it cost", *_indented(_money(record)))


def decided(read: Opinion, made: Choice) -> Iterator[str]:
    """What was read and decided; where the client named a model, nothing needed to be read."""
    if made.mode is not None:
        yield from (*_opinion(read), "")
    yield from _choice(made)


def _opinion(read: Opinion) -> Iterator[str]:
    if not read.good:
        yield "What the classifier read"
        yield f"{MARGIN}No opinion: each model's expected quality is that of its tier."
        return
    yield f"What the classifier read (heads {read.version}, {TIERS[read.tier > 0]}, {read.micros} µs)"
    yield f"{MARGIN}Difficulty {read.difficulty:.2f}, confidence {read.confidence:.2f}. P(good) of each model:"
    best = sorted(read.good.items(), key=lambda pair: -pair[1])
    yield from _indented(table(("model", "P(good)"), [(model, f"{good:.2f}") for model, good in best]))
    if read.challenger is not None:
        yield f"{MARGIN}The challenger, which decides nothing: P(good) {read.challenger:.2f} of its weakest model."


def _choice(made: Choice) -> Iterator[str]:
    yield "What was decided"
    yield from (f"{MARGIN}{reason}" for reason in made.reasons)
    heads = ("", "candidate", "expected quality", "value", "likely cost", "held at least")
    rows = [
        (place, one.model, f"{one.quality:.2f}", f"{one.value:+.2f}", human(one.cost), human(one.least))
        for place, one in enumerate(made.candidates, 1)
    ]
    yield from _indented(table(heads, rows))
    if made.mode is not None:
        yield f"{MARGIN}Value is expected quality less the likely cost over `worth`; {made.baseline} is the baseline."
    if made.left_out:
        yield f"{MARGIN}Left out:"
        yield from (f"{MARGIN}- {one.model} {one.why}" for one in made.left_out)


def when(at: int) -> str:
    """An epoch time in nanoseconds, for people."""
    return datetime.fromtimestamp(at // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%S")


def milliseconds(nano: int | None) -> str:
    """A duration; empty when there is none."""
    return "" if nano is None else f"{nano / 1e6:,.0f} ms"


def _who(record: Record) -> Iterator[str]:
    how = ", streamed" if record.stream else ""
    yield f"{when(record.at)} UTC, {record.key or 'nobody that is known'} asked for {record.asked or 'nothing'}"
    yield f"by {record.surface}{how}; it ended with {record.status} {record.outcome}"
    if record.model:
        first = f", first token after {milliseconds(record.first_token)}" if record.first_token is not None else ""
        route = f" as a fallback ({record.provider})" if record.route == "fallback" else f" ({record.provider})"
        yield f"{record.model} answered{route}: {milliseconds(record.duration)} in all{first}"
    else:
        yield f"nobody answered; it took {milliseconds(record.duration)}"
    if record.degraded is not None:
        yield f"a better model was allowed: this answer is degraded by {record.degraded}"


def _tried(attempts: tuple[Tried, ...]) -> str:
    heads = ("", "model", "provider", "outcome", "row", "input", "output", "usage", "held", "cost", "first", "ended")
    rows = [
        (
            *(one.k + 1, one.model, one.provider, one.outcome, one.state, one.input, one.output, one.usage_source),
            *(human(one.amount), exact(one.cost), milliseconds(one.first_token), milliseconds(one.ended)),
        )
        for one in attempts
    ]
    return table(heads, rows)


def _money(record: Record) -> Iterator[str]:
    yield f"charged {exact(record.cost)}"
    if record.choice.baseline:
        yield f"the same tokens from {record.choice.baseline}: {exact(record.baseline)}; saved {exact(record.saved)}"


def _indented(lines: str | Iterator[str]) -> Iterator[str]:
    return (MARGIN + line for line in (lines.splitlines() if isinstance(lines, str) else lines))
