"""The record: one wide event per request. Log line, metrics and reports are folded from it; it holds no prompt text."""

from typing import Literal

from msgspec import Struct

from proxy.faults import Fault
from routing.catalog import Mode
from routing.decision import Degraded, LeftOut

Route = Literal["local", "upstream", "cache", "fallback", "none"]


class Tried(Struct, frozen=True, omit_defaults=True):
    """One attempt, as its ledger row says it, or would if it had one.

    `amount` is its hold and `cost` what was charged, in nano-dollars; `first_token` and `ended` are nanoseconds since
    the request came (None: never).
    """

    k: int
    model: str
    provider: str
    amount: int
    state: str = "void"
    outcome: str = ""
    cost: int = 0
    baseline: int = 0
    input: int = 0
    output: int = 0
    cached: int = 0
    reasoning: int = 0
    usage_source: str = ""
    answered: str = ""
    first_token: int | None = None
    ended: int | None = None


class Opinion(Struct, frozen=True, omit_defaults=True):
    """What the classifier read: `routing.signals.Signals`; `good` is empty when it had no opinion. `challenger` is
    another's opinion, which decided nothing."""

    good: dict[str, float] = {}
    difficulty: float = 0.0
    confidence: float = 0.0
    version: str = ""
    micros: int = 0
    tier: int = 0
    challenger: float | None = None


class Weighed(Struct, frozen=True):
    """A candidate as it was weighed: see `routing.decision.Candidate`; `cost` and `least` in nano-dollars."""

    model: str
    quality: float
    cost: int
    least: int
    value: float


class Choice(Struct, frozen=True, omit_defaults=True):
    """What routing decided: see `routing.decision.Decision`. `baseline` is a model's name, `tier` the first's."""

    candidates: tuple[Weighed, ...] = ()
    reasons: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    degraded: Degraded | None = None
    baseline: str = ""
    mode: Mode | None = None
    tier: str = ""


class Record(Struct, frozen=True, omit_defaults=True):
    """The story of one request. Times are in nanoseconds (`at` since the epoch), money in nano-dollars.

    `model`, `provider`, the tokens and `usage_source` are those of the attempt that answered; `cost` and `baseline` are
    the sums over all `attempts`. `outcome` is `ok`, `client_left`, or an error's code, and `fault` its kind out of a
    closed set; `first_token` is None when no model spoke. `no_store`: the client asked that it be kept nowhere.
    """

    id: str
    at: int
    key: str
    surface: str
    asked: str
    model: str
    provider: str
    route: Route
    reason: str
    status: int
    outcome: str
    stream: bool
    input: int
    output: int
    usage_source: str
    cost: int
    duration: int
    first_token: int | None
    baseline: int = 0
    fault: Fault = "ok"
    degraded: Degraded | None = None
    no_store: bool = False
    attempts: tuple[Tried, ...] = ()
    opinion: Opinion = Opinion()
    choice: Choice = Choice()

    @property
    def used(self) -> tuple[int, int]:
        """Input and output tokens of all attempts together."""
        return sum(one.input for one in self.attempts), sum(one.output for one in self.attempts)

    @property
    def saved(self) -> int:
        """In n$; below zero when more was paid than without us."""
        return self.baseline - self.cost
