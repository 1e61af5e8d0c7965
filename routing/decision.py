"""What routing decided, as a value: candidates in order, and why in words."""

from typing import Literal

from msgspec import Struct

from routing.catalog import Entry, Mode

Degraded = Literal["budget", "outage", "busy", "share"]


class Candidate(Struct, frozen=True):
    """A model that may answer.

    `max_output` is in tokens (None: the provider decides, for free models only); `quality` is the expected quality,
    P(good); `clamped` says that we, not the client, chose `max_output`, so that it may shrink to what is affordable;
    `cost` is what we expect it to cost, `least` the smallest hold that it can start with, both in nano-dollars; `value`
    is P(good) − λ·cost.
    """

    entry: Entry
    max_output: int | None
    quality: float
    clamped: bool = False
    cost: int = 0
    least: int = 0
    value: float = 0.0


class LeftOut(Struct, frozen=True):
    """A model that does not answer this call, and why: what follows its name in a sentence."""

    model: str
    why: str


class Decision(Struct, frozen=True):
    """Candidates, best first. `reasons` are sentences; the first one goes into the answer's header.

    `baseline` is what the client would have paid for without us: the model that it named, the ceiling, or the dearest
    that was allowed. `degraded`: a better candidate was left out, for money, health or its queue. `mode` None: the
    client named one model, so that nobody was `left_out`.
    """

    candidates: tuple[Candidate, ...]
    reasons: tuple[str, ...]
    baseline: Entry
    degraded: Degraded | None = None
    mode: Mode | None = None
    left_out: tuple[LeftOut, ...] = ()
