"""The circuits of all candidates, as this worker has seen them."""

from collections.abc import Callable

from providers.errors import QUEUE_FULL, ProviderError, Rejected
from routing.health import CLOSED, Circuit


class Health:
    """Keeps a circuit for each model. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._circuits: dict[str, Circuit] = {}

    def ill(self) -> frozenset[str]:
        """The models whose circuit is open now."""
        if not self._circuits:
            return frozenset()
        now = self._clock()
        return frozenset(name for name, circuit in self._circuits.items() if not circuit.allows(now))

    def succeeded(self, model: str) -> None:
        """The model has answered."""
        self._circuits.pop(model, None)

    def failed(self, model: str, error: ProviderError) -> None:
        """The model has failed.

        A request that was refused for what it says is no failure, nor is a full queue of ours: routing reads that.
        """
        if not isinstance(error, Rejected) and error.code != QUEUE_FULL:
            circuit = self._circuits.get(model, CLOSED)
            self._circuits[model] = circuit.failed(self._clock(), error.retry_after)
