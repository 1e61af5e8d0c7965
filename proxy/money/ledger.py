"""The ledger's interface: holds money before an attempt, settles it once after.

The hold *is* the ledger row: `held → settled | void | expired`, named by `(id, k)`: request id (UUIDv7, made before the
reserve) and attempt number. A hold whose owner died is `void` when its attempt was never dispatched, else `expired`: it
costs its whole amount until the truth comes, which may replace an estimate once. Amounts are nano-dollars, times are
epoch nanoseconds, windows are named by their start in epoch seconds. Every step is idempotent. Values encode to
msgpack, so that a remote ledger can serve the same interface.
"""

from typing import Literal, Protocol

from msgspec import Struct

from providers.errors import HalfpennyError
from providers.words import UsageSource
from routing.budget import Scope

State = Literal["held", "settled", "void", "expired"]
Why = Literal["limit", "in_flight", "stop"]


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
    """How an attempt ended.

    `cost` is the true or estimated cost in nano-dollars; what exceeds the hold is booked as `overrun`. `baseline` is
    what the same tokens would have cost the client without us, in nano-dollars.
    """

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
    baseline: int = 0


class Granted(Struct, frozen=True, tag=True):
    """The hold stands."""


class Denied(Struct, frozen=True, tag=True):
    """The hold does not fit.

    `why`: `limit` (spent money alone leaves no room), `in_flight` (room comes back when running requests settle),
    `stop` (the latched emergency stop). Amounts are those of the first rule that refused; one that waiting does not
    help comes before one that it does.
    """

    why: Why
    rule: str
    limit: int
    spent: int
    held: int
    resets: int


class Alert(Struct, frozen=True, tag=True):
    """Spent money passed a rule's mark: told once per window and mark."""

    rule: str
    window: int
    mark: int
    spent: int


class Overrun(Struct, frozen=True, tag=True):
    """An attempt cost more than its hold; the key paid the hold, the operator the rest (`overrun` n$)."""

    id: str
    k: int
    overrun: int


class Late(Struct, frozen=True, tag=True):
    """A cost came for an attempt that had been voided; it was not booked."""

    id: str
    k: int
    cost: int


class Stray(Struct, frozen=True, tag=True):
    """A cost came for an attempt that the ledger never held; it was refused."""

    id: str
    k: int
    cost: int


Notice = Alert | Overrun | Late | Stray


class LedgerUnavailable(HalfpennyError):
    """The ledger cannot be written: disk full, I/O error. Nothing was half-written; a paid attempt must not start."""

    status = 503
    code = "ledger_unavailable"

    def __init__(self, cause: str) -> None:
        super().__init__(f"The ledger cannot be written ({cause}); paid models wait for it.", retry_after=1)
        self.cause = cause


class HoldEnded(LedgerUnavailable):
    """A hold was asked for again after it had ended: voided when its ledger restarted, or a copy that came late."""

    def __init__(self) -> None:
        HalfpennyError.__init__(self, "This attempt's hold ended before it was dispatched.", retry_after=1)


class UnknownHold(HalfpennyError):
    """An attempt was to be settled that the ledger never held: a fault of ours."""


class Ledger(Protocol):
    """Where holds and rows live."""

    async def reserve(self, hold: Hold, before: Ending | None = None) -> Granted | Denied:
        """Take a hold; `before` ends the previous attempt of the same request in the same atomic step.

        When denied, `before` is ended all the same. A repeated `(id, k)` that is held is granted again and holds once;
        one that was denied left no trace and is judged anew; one whose hold has ended meanwhile raises HoldEnded, for
        nothing would cover it. Cancelled while it waits: it holds nothing.
        A zero amount is denied when a rule is stopped or its limit is spent. Raises LedgerUnavailable; then it is not
        known whether anything is held, and the same `(id, k)` may be reserved again.
        """
        ...

    def dispatched(self, id: str, k: int) -> None:
        """Note that a held attempt is about to send its first byte: from here on it may be billed.

        Returns when the note survives a `kill -9` of this process; cheap enough for the loop, idempotent. Raises
        LedgerUnavailable: then nothing may be sent.
        """
        ...

    async def settle(self, ending: Ending) -> None:
        """End a held attempt: book `min(cost, amount)` to the key, release the rest. The second call is a no-op.

        The truth about an expired attempt replaces its estimate once. A cost after a void is not booked but told
        (`Late`). Raises UnknownHold for a cost without a hold (told as `Stray`), and LedgerUnavailable; in that case
        the ending is kept and written with the next step that succeeds.
        """
        ...

    async def post(self, hold: Hold, ending: Ending) -> None:
        """Write the row of an attempt that took no hold (a free one: `amount` 0). Idempotent by `(id, k)`."""
        ...

    async def room(self, scopes: tuple[Scope, ...]) -> int | None:
        """The most that a hold could take now, in n$ (0 when stopped); None when nothing limits it."""
        ...

    def held(self) -> tuple[int, int]:
        """How many holds of this owner are open, and their n$ together. Raises LedgerUnavailable."""
        ...

    def now(self) -> int:
        """The ledger's clock in epoch nanoseconds: one for all who share its windows, and it never goes back.

        Windows are chosen by it, and holds and endings carry its times.
        """
        ...

    async def aclose(self) -> None:
        """Finish pending writes and close."""
        ...
