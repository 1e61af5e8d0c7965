"""The queue before the slots: bounded, first come first served within a tenant, in turn between tenants."""

from collections import deque
from typing import Generic, Protocol, TypeVar


class Waiter(Protocol):
    """What can wait: `deadline` is the clock's time in seconds after which it has waited too long."""

    @property
    def tenant(self) -> str: ...

    @property
    def deadline(self) -> float: ...


W = TypeVar("W", bound=Waiter)


class FairQueue(Generic[W]):
    """At most `size` waiters over all tenants. A tenant who was served goes to the end of the round."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lines: dict[str, deque[W]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def put(self, waiter: W) -> bool:
        """Wait. False: the queue is full."""
        if len(self) >= self._size:
            return False
        self._lines.setdefault(waiter.tenant, deque()).append(waiter)
        return True

    def take(self) -> W | None:
        """Whose turn it is; the dictionary's order is the round."""
        if not self._lines:
            return None
        tenant = next(iter(self._lines))
        line = self._lines.pop(tenant)
        waiter = line.popleft()
        if line:
            self._lines[tenant] = line
        return waiter

    def remove(self, waiter: W) -> bool:
        """Leave the queue; False when it was not in it."""
        line = self._lines.get(waiter.tenant)
        if line is None or waiter not in line:
            return False
        line.remove(waiter)
        if not line:
            del self._lines[waiter.tenant]
        return True

    def expired(self, now: float) -> list[W]:
        """Take out those who have waited too long."""
        late = [waiter for line in self._lines.values() for waiter in line if waiter.deadline <= now]
        for waiter in late:
            self.remove(waiter)
        return late
