"""The circuits of all candidates, as this worker has seen them."""

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from providers.errors import QUEUE_FULL, ProviderError, QuotaExhausted, RateLimited, Rejected, Unauthorised
from routing.decision import Candidate
from routing.health import CLOSED, Circuit, Why


class Ejected(Struct, frozen=True, tag=True):
    """A model that nobody is sent to, because our credential is refused or our account is empty: the operator's to
    mend. Told once until it has answered again."""

    model: str
    why: Literal["upstream_auth", "upstream_quota_exhausted"]


def _unheard(ejected: Ejected) -> None:
    """For who need not know."""


class Health:
    """Keeps a circuit for each model. `clock` is monotonic, in seconds; `tell` hears of what the operator must mend."""

    def __init__(self, clock: Callable[[], float], tell: Callable[[Ejected], None] = _unheard) -> None:
        self._clock = clock
        self._tell = tell
        self._circuits: dict[str, Circuit] = {}
        self._ejected: dict[str, type[QuotaExhausted | Unauthorised]] = {}

    def ill(self) -> frozenset[str]:
        """The models whose circuit is open now."""
        if not self._circuits:
            return frozenset()
        now = self._clock()
        return frozenset(name for name, circuit in self._circuits.items() if not circuit.allows(now))

    def order(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Candidates as decided; when all of them are ill, whoever failed longest ago first."""
        ill = self.ill()
        if not ill or any(candidate.entry.name not in ill for candidate in candidates):
            return list(candidates)
        return sorted(candidates, key=lambda candidate: self._circuits[candidate.entry.name].at)

    def bar(self, model: str) -> ProviderError | None:
        """Why nobody is sent to this model, whoever asks and by whatever name; None: somebody may be.

        Its `retry_after` says until when: the rest of the time that the provider asked for, or until the next probe.
        """
        circuit = self._circuits.get(model, CLOSED)
        rest = circuit.until - self._clock()
        if rest <= 0:
            return None
        if circuit.why == "cooling":
            return RateLimited("The upstream asked to slow down.", retry_after=rest)
        if circuit.why == "refused":
            said = "credential is refused" if self._ejected[model] is Unauthorised else "account is exhausted"
            return self._ejected[model](f"The operator's {said} by the upstream.", retry_after=rest)
        return None

    def asked(self, model: str) -> None:
        """A request goes there."""
        circuit = self._circuits.get(model)
        if circuit is not None:
            self._circuits[model] = circuit.asked(self._clock())

    def succeeded(self, model: str) -> None:
        """The model has answered."""
        self._circuits.pop(model, None)
        self._ejected.pop(model, None)

    def failed(self, model: str, error: ProviderError) -> None:
        """The model has failed.

        A request that was refused for what it says shows that it works; a full queue of ours is no failure: routing
        reads that.
        """
        circuit, now = self._circuits.get(model, CLOSED), self._clock()
        if isinstance(error, Rejected):
            if circuit.probing:
                self.succeeded(model)
        elif isinstance(error, QuotaExhausted | Unauthorised):
            self._circuits[model] = circuit.refused(now)
            self._eject(model, error)
        elif error.retry_after is not None and error.code != QUEUE_FULL:
            why: Why = "cooling" if isinstance(error, RateLimited) else "failing"
            self._circuits[model] = circuit.cooled(now, error.retry_after, why)
        elif error.code != QUEUE_FULL:
            self._circuits[model] = circuit.failed(now)

    def _eject(self, model: str, error: QuotaExhausted | Unauthorised) -> None:
        kind = type(error)
        if self._ejected.get(model) is not kind:
            self._ejected[model] = kind
            self._tell(Ejected(model, "upstream_auth" if kind is Unauthorised else "upstream_quota_exhausted"))
