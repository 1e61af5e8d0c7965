"""The ledger's interface: holds money before an attempt, settles it once after.

The hold *is* the ledger row: `held → settled | void | expired`, named by `(id, k)`: request id (UUIDv7, made before the
reserve) and attempt number. Amounts are nano-dollars, times are epoch nanoseconds, windows are named by their start in
epoch seconds. Every step is idempotent. Values encode to msgpack, so that a remote ledger can serve the same interface.
"""

from typing import Literal, Protocol

from msgspec import Struct

from providers.words import UsageSource
from routing.budget import Scope

State = Literal["held", "settled", "void", "expired"]


class Hold(Struct, frozen=True):
    """Money reserved for one attempt before it is dispatched; `amount` is its worst case."""

    id: str
    k: int
    at: int
    key: str
    asked: str
    model: str
    provider: str
    sent: str
    amount: int
    scopes: tuple[Scope, ...] = ()
    price_version: str = ""


class Ending(Struct, frozen=True):
    """How an attempt ended. `cost` is the true or estimated cost in nano-dollars; what exceeds the hold is booked as `overrun`."""

    id: str
    k: int
    at: int
    state: Literal["settled", "void"]
    cost: int = 0
    input: int = 0
    output: int = 0
    cached: int = 0
    reasoning: int = 0
    usage_source: UsageSource = "provider"
    answered: str = ""
    outcome: str = "ok"


class Granted(Struct, frozen=True, tag=True):
    """The hold stands."""


class Denied(Struct, frozen=True, tag=True):
    """The hold does not fit.

    `why`: `limit` (spent money alone leaves no room), `in_flight` (room comes back when running requests settle), `stop`
    (the latched emergency stop). Amounts are those of the first rule that refused.
    """

    why: Literal["limit", "in_flight", "stop"]
    rule: str
    limit: int
    spent: int
    held: int
    resets: int


class Ledger(Protocol):
    """Where holds and rows live."""

    async def reserve(self, hold: Hold, before: Ending | None = None) -> Granted | Denied:
        """Take a hold; `before` ends the previous attempt of the same request in the same atomic step.

        When denied, `before` is ended all the same. A repeated `(id, k)` answers as the first time and holds once.
        """
        ...

    async def settle(self, ending: Ending) -> None:
        """End a held attempt: book `min(cost, amount)` to the key, release the rest. The second call is a no-op."""
        ...

    async def post(self, hold: Hold, ending: Ending) -> None:
        """Write the row of an attempt that took no hold (a free one). Idempotent by `(id, k)`."""
        ...

    async def aclose(self) -> None:
        """Finish pending writes and close."""
        ...
