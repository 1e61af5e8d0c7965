"""The generic cell rate algorithm, pure: one integer a bucket, the time at which it will be empty again.

A bucket of `limit` units a minute drains evenly; `burst` units may come at once. Its state is `empty_at` (GCRA's
theoretical arrival time) in nanoseconds of whatever clock the caller reads; 0 is a bucket that nobody has used.
Source: ITU-T I.371, annex A, "virtual scheduling".
"""

MINUTE = 60_000_000_000
SLACK = 1_000
"""Nanoseconds that a burst may take too much: what the charges in it were rounded up by."""


def weight(limit: int, amount: int) -> int:
    """How long `amount` units take to drain, in ns, rounded up: what is charged is exactly what is given back."""
    return -(-amount * MINUTE // limit)


def window(limit: int, burst: int) -> int:
    """The most that may wait to drain, in ns."""
    return weight(limit, burst) + SLACK


def after(empty_at: int, now: int, cost: int) -> int:
    """The state once something of this weight is let in."""
    return (empty_at if empty_at > now else now) + cost


def wait(state: int, now: int, window: int) -> int:
    """Nanoseconds until what would lead to this state fits; ≤ 0: now."""
    return state - now - window


def remaining(empty_at: int, now: int, limit: int, burst: int) -> int:
    """Whole units that fit now."""
    backlog = empty_at - now
    if backlog <= 0:
        return burst
    left = (window(limit, burst) - backlog) * limit // MINUTE
    return 0 if left < 0 else left if left < burst else burst
