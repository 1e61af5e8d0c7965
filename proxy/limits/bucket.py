"""What is measured and by whom: buckets, charges to them, and the interface of a meter.

Values encode to msgpack, so that several workers can share one meter.
"""

from typing import Literal, Protocol

from msgspec import Struct

Measure = Literal["requests", "tokens", "input", "output", "parallel"]


class Bucket(Struct, frozen=True, array_like=True, gc=False):
    """One counter: a rule, its subject and what it measures, as `each/alice:requests`.

    `limit` is in units a minute and `burst` what may come at once; of `parallel`, `limit` is how many at once.
    """

    name: str
    measure: Measure
    limit: int
    burst: int


class Charge(Struct, frozen=True, array_like=True):
    """Units that a request takes from a bucket; of a correction the difference, below zero to give back."""

    bucket: Bucket
    amount: int = 1


class Level(Struct, frozen=True, array_like=True, gc=False):
    """A bucket after the charge, or as it is when refused: units left, and ns until it is as if never used."""

    remaining: int
    reset: int


class Verdict(Struct, frozen=True, array_like=True):
    """What became of charges, all of which were taken or none. `levels` are in the charges' order.

    `denied` is the place of the charge that must wait longest, -1 when all were taken; `wait` how long, in ns, or -1
    when it can never fit.
    """

    levels: tuple[Level, ...]
    denied: int = -1
    wait: int = 0


class Meter(Protocol):
    """Keeps buckets. A meter never fails: one that cannot ask others decides by itself."""

    async def admit(self, id: str, charges: tuple[Charge, ...]) -> Verdict:
        """Take all charges or none for this request; it may ask more than once."""
        ...

    def leave(self, id: str, corrections: tuple[Charge, ...] = ()) -> None:
        """The request has ended: it runs no more, and the truth about its tokens corrects what was charged.

        Once for each request that was admitted anything; a second call changes nothing. Never waits.
        """
        ...
