"""How much of a key's routed traffic may go to strong models: a bound that no wording of a prompt can move.

Texts that pull every request to the strong model are known for all learned routers ("router hijacking", Shafran et al.
2025, arXiv 2501.01818). A share of the key's own requests cannot be talked over: a bucket takes in `share` of a token
with every routed request, holds at most `burst`, and a strong answer costs one. So of n requests at most
share · n + burst go to the strong side, in any order. Of several processes each counts what it serves itself, so that
their shares add up to the share of all; the burst, which would come once for each of them, is divided.
"""

from collections import OrderedDict

from msgspec import Struct

from routing.decision import Decision


class Bucket(Struct, frozen=True):
    """What a key has left; `allowed`: whether this request may go to the strong side."""

    tokens: float
    allowed: bool


def drawn(tokens: float, share: float, burst: float, strong: bool) -> Bucket:
    """The bucket after one routed request, which wants a strong model or does not. `share` 0..1, `burst` ≥ 1."""
    held = min(tokens + share, burst)
    if strong and held >= 1.0:
        return Bucket(held - 1.0, True)
    return Bucket(held, not strong)


class StrongShare:
    """The buckets of all keys in one process out of so many `workers` that share the traffic; of the `keys` used last,
    so that memory is bounded. A new key's is full."""

    def __init__(self, share: float, burst: float = 20.0, keys: int = 10_000, workers: int = 1) -> None:
        self._share, self._most = share, keys
        self._first = max(burst, 1.0) / workers
        self._burst = max(self._first, 1.0)  # below one, a bucket could never pay for an answer
        self._tokens: OrderedDict[str, float] = OrderedDict()

    def lets(self, key: str, decision: Decision) -> bool:
        """Whether this decision may stand; what a client named itself is not counted, nor anything without a cap."""
        if self._share >= 1.0 or decision.mode is None:
            return True
        return self.allows(key, decision.candidates[0].entry.tier == "strong")

    def allows(self, key: str, strong: bool) -> bool:
        """Whether this key's request may go to the strong side if it wants to; counts it."""
        bucket = drawn(self._tokens.pop(key, self._first), self._share, self._burst, strong)
        self._tokens[key] = bucket.tokens
        if len(self._tokens) > self._most:
            self._tokens.popitem(last=False)
        return bucket.allowed
