"""The policy: which models may answer this call, in which order, and why. Pure.

Hard gates (`gates.py`) come first. Then preference: the largest P(good) − λ·cost, where λ = 1/`worth`. Money, health
and queues are verdicts on what is left; a stand-in that is not good enough is no answer, and a worse one is told as
degraded.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct, structs

from providers.words import Call, Usage
from routing import gates
from routing.catalog import Catalog, Entry, Mode, Tier
from routing.decision import Candidate, Decision, Degraded, LeftOut
from routing.money import Usd, human
from routing.prices import cost

if TYPE_CHECKING:  # its classifier brings numpy, which a configuration can do without
    from routing.signals import Signals

PRIOR: Mapping[Tier, float] = {"demo": 0.05, "small": 0.6, "medium": 0.75, "strong": 0.85}
"""Expected quality without an opinion: rough, and ordered by strength, so that doubt goes to the strong side."""
_GONE: Mapping[Degraded, str] = {
    "budget": "the budget has no room for it",
    "outage": "it is failing",
    "busy": "its queue is too long",
    "share": "the key has had its share of strong answers",
}
OFF = "off"
EXPECTED_OUTPUT = 300
"""Tokens of an answer, as long as nothing better is learned."""


class Preferences(Struct, frozen=True, forbid_unknown_fields=True):
    """`routing:` in config.yaml.

    `worth`: what one more good answer is worth; `min_quality`: below it a stand-in is no answer; `demo`: whether the
    demo model may answer beside others; `default_output`: the cap in tokens of a call that names none; `patience`:
    seconds that a call waits for a busy local model while another one can answer; `heads`: a folder of heads fitted to
    own answers, in place of those that ship; `strong_share`: the largest part of a key's routed requests that a strong
    model may answer (see `routing.strong_share`); `topics`: what belongs to each topic, in words, by its name;
    `encoder`: the local embedding provider that tier 1 asks, or off; `deadline_ms`: milliseconds after which tier 0
    goes on without its answer; `challenger`: a file of outcomes whose nearest neighbours' opinion is noted beside the
    decision.
    """

    worth: Usd = 20_000_000
    min_quality: float = 0.6
    demo: bool = False
    default_output: int = 4096
    patience: float = 5.0
    heads: str = ""
    strong_share: Annotated[float, Meta(ge=0, le=1)] = 1.0
    topics: dict[str, str] = {}
    encoder: str = OFF
    deadline_ms: Annotated[int, Meta(ge=1, le=1000)] = 25
    challenger: str = ""


class Circumstances(Struct, frozen=True):
    """What holds at this moment: models whose circuit is open, and what a hold may take (n$; None: no limit).

    `learned`: what the processes of local providers say that their models can; `waits`: in how many seconds each of
    them would begin with one more call; `capped`: the key has had its share of strong answers.
    """

    ill: frozenset[str] = frozenset()
    room: int | None = None
    learned: Mapping[str, frozenset[str]] = {}
    waits: Mapping[str, float] = {}
    capped: bool = False


def decide(
    call: Call,
    catalog: Catalog,
    signals: "Signals",
    now: Circumstances,
    prefer: Preferences,
    wish: gates.Wish = gates.NONE,
) -> Decision:
    """Candidates for this call, best first. Raises CallerError when the name means nothing or nobody can answer."""
    meant = catalog.meaning(call.view.model)
    if isinstance(meant, Entry):
        gates.task(call, meant)
        gates.wished(call, [meant], wish)
        candidate = _candidate(call, meant, signals, prefer, wish)
        return Decision((candidate,), (f"The client asked for {meant.name} by name.",), meant)
    pool = gates.pool(call, catalog, meant, prefer.demo, wish, now.learned)
    weighed = (_candidate(call, entry, signals, prefer, wish) for entry in pool.able)
    every = sorted(weighed, key=_order(meant.mode, prefer))
    baseline = meant.ceiling or max(every, key=lambda candidate: candidate.cost).entry
    decision = _under(every, baseline, meant.mode, now, prefer)
    chosen = {candidate.entry.name for candidate in decision.candidates}
    passed_over = (LeftOut(one.entry.name, _against(one, now, prefer)) for one in every if one.entry.name not in chosen)
    return structs.replace(decision, mode=meant.mode, left_out=(*pool.left_out, *passed_over))


def _under(every: list[Candidate], baseline: Entry, mode: Mode, now: Circumstances, prefer: Preferences) -> Decision:
    """The decision under money, health and queues, which may leave out the first choice but never hide that."""
    first = every[0]
    fit = [candidate for candidate in every if _verdict(candidate, now, prefer) is None] or every
    best = fit[0]
    degraded = _verdict(first, now, prefer) if best.quality < first.quality else None
    if degraded not in (None, "share") and best.quality < prefer.min_quality:
        # nobody may stand in: the attempt of the first choice tells what is wrong, with the rule's name
        return Decision(
            (first,), (f"{best.entry.name} is not good enough to stand in for {first.entry.name}.",), baseline
        )
    others = tuple(candidate for candidate in fit[1:] if candidate.quality >= min(prefer.min_quality, best.quality))
    return Decision((best, *others), _why(mode, best, others, first, degraded), baseline, degraded)


def _verdict(candidate: Candidate, now: Circumstances, prefer: Preferences) -> Degraded | None:
    if candidate.entry.name in now.ill:
        return "outage"
    if candidate.entry.price is not None and now.room is not None and candidate.least > now.room:
        return "budget"
    if now.waits.get(candidate.entry.provider, 0.0) > prefer.patience:
        return "busy"
    return "share" if now.capped and candidate.entry.tier == "strong" else None


def _against(candidate: Candidate, now: Circumstances, prefer: Preferences) -> str:
    gone = _verdict(candidate, now, prefer)
    return "is not good enough to stand in" if gone is None else f"is left out: {_GONE[gone]}"


def _order(mode: Mode, prefer: Preferences) -> Callable[[Candidate], tuple[float, ...]]:
    """The sort key of a mode: the best candidate has the smallest."""
    if mode == "auto:best":
        return lambda candidate: (-candidate.quality, candidate.cost)
    if mode == "auto:cheap":
        enough = prefer.min_quality
        return lambda candidate: (
            (0, candidate.cost, -candidate.quality) if candidate.quality >= enough else (1, -candidate.quality, 0)
        )
    return lambda candidate: (-candidate.value, candidate.cost)


def _candidate(call: Call, entry: Entry, signals: "Signals", prefer: Preferences, wish: gates.Wish) -> Candidate:
    quality = signals.good.get(entry.name, PRIOR[entry.tier])
    asked = call.view.max_output
    if entry.price is None:
        return Candidate(entry, asked or entry.max_output, quality, value=quality)
    output = gates.output_cap(call, entry, prefer.default_output, wish)
    likely = Usage(call.size // gates.BYTES_PER_TOKEN, min(output, EXPECTED_OUTPUT) * call.view.n)
    price = cost(entry.price, likely)
    value = quality - price / prefer.worth
    clamped = asked is None and call.task == "chat"
    return Candidate(entry, output, quality, clamped, price, gates.least(call, entry), value)


def _why(
    mode: Mode, best: Candidate, others: tuple[Candidate, ...], first: Candidate, degraded: Degraded | None
) -> tuple[str, ...]:
    said = f"'{mode}' chose {best.entry.name}: {_worth(best)}"
    if others:
        said += f"; next {others[0].entry.name}: {_worth(others[0])}"
    if degraded is None:
        return (said + ".",)
    return (f"{said}. {first.entry.name} would be better ({_worth(first)}), but {_GONE[degraded]}.",)


def _worth(candidate: Candidate) -> str:
    price = f"for about {human(candidate.cost)}" if candidate.cost else "for free"
    return f"expected quality {candidate.quality:.2f} {price}"
