"""Budget rules: which counters a paid attempt counts against, as pure values."""

from msgspec import Struct


class Scope(Struct, frozen=True):
    """One counter that a hold counts against: a rule in one of its windows.

    `limit` is the hard ceiling of spent + held; `stop_at` latches on spent alone; `alerts` are marks of spent, all in
    nano-dollars; `rule` is the rule's name and subject (`month`, `daily/alice`); `window` and `resets` are its start and end
    in epoch seconds.
    """

    rule: str
    window: int
    resets: int
    limit: int
    stop_at: int | None = None
    alerts: tuple[int, ...] = ()
