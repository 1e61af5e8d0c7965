"""The meter in this process: dictionaries of integers. One loop, hence atomic."""

from collections.abc import Callable

from proxy.limits import gcra
from proxy.limits.bucket import Bucket, Charge, Level, Verdict

MANY = 10_000
SECOND = 1_000_000_000
"""What who runs too many at once is told to wait: nobody knows when the others end."""
NEVER = -1


class LocalMeter:
    """`proxy.limits.bucket.Meter`. `clock` is monotonic, in nanoseconds."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._empty_at: dict[str, int] = {}
        self._running: dict[str, int] = {}
        self._inside: dict[str, list[str]] = {}

    @property
    def inside(self) -> int:
        """How many requests run that count against a `parallel` limit."""
        return len(self._inside)

    async def admit(self, id: str, charges: tuple[Charge, ...]) -> Verdict:
        """See `Meter.admit`."""
        return self.decide(id, charges)

    def decide(self, id: str, charges: tuple[Charge, ...]) -> Verdict:
        """As `admit`, at once."""
        now = self._clock()
        denied, longest = -1, 0
        weighed: list[tuple[Bucket, int]] = []
        for place, charge in enumerate(charges):
            wait, state = self._weigh(charge, now)
            weighed.append((charge.bucket, state))
            if wait == NEVER:
                denied, longest = place, NEVER
                break
            if wait > longest:
                denied, longest = place, wait
        if denied < 0:
            return Verdict(tuple([self._take(id, bucket, state, now) for bucket, state in weighed]))
        return Verdict(tuple([self._level(charge.bucket, now) for charge in charges]), denied, longest)

    def leave(self, id: str, corrections: tuple[Charge, ...] = ()) -> None:
        """See `Meter.leave`."""
        for name in self._inside.pop(id, ()):
            left = self._running[name] - 1
            if left:
                self._running[name] = left
            else:
                del self._running[name]
        if corrections:
            now = self._clock()
            for charge in corrections:
                bucket, amount = charge.bucket, charge.amount
                cost = gcra.weight(bucket.limit, abs(amount))
                empty_at = self._empty_at.get(bucket.name, 0)
                self._empty_at[bucket.name] = empty_at - cost if amount < 0 else gcra.after(empty_at, now, cost)

    def _weigh(self, charge: Charge, now: int) -> tuple[int, int]:
        """How long the charge must wait, and what it makes of the bucket: who runs in it, or when it will be empty."""
        bucket, amount = charge.bucket, charge.amount
        if bucket.measure == "parallel":
            running = self._running.get(bucket.name, 0) + 1
            return (SECOND if running > bucket.limit else 0), running
        if amount > bucket.burst:
            return NEVER, 0
        empty_at = self._empty_at.get(bucket.name, 0)
        state = gcra.after(empty_at, now, gcra.weight(bucket.limit, amount))
        if empty_at <= now:
            return 0, state  # what is not larger than a burst fits into an empty bucket
        return max(0, gcra.wait(state, now, gcra.window(bucket.limit, bucket.burst))), state

    def _take(self, id: str, bucket: Bucket, state: int, now: int) -> Level:
        if bucket.measure == "parallel":
            self._running[bucket.name] = state
            self._inside.setdefault(id, []).append(bucket.name)
            return Level(bucket.limit - state, 0)
        if len(self._empty_at) >= MANY:
            self._empty_at = {name: at for name, at in self._empty_at.items() if at > now}
        self._empty_at[bucket.name] = state
        return Level(gcra.remaining(state, now, bucket.limit, bucket.burst), state - now)

    def _level(self, bucket: Bucket, now: int) -> Level:
        if bucket.measure == "parallel":
            return Level(max(0, bucket.limit - self._running.get(bucket.name, 0)), 0)
        empty_at = self._empty_at.get(bucket.name, 0)
        return Level(gcra.remaining(empty_at, now, bucket.limit, bucket.burst), max(0, empty_at - now))
