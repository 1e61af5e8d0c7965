"""Budget rules: which counters an attempt counts against, as pure values.

    - name: month            - name: development       - name: each
      window: month            key: development          per_key: true
      limit: $200              window: day               window: day
      alert_at: 70%            limit: $2                 limit: $5
      stop_at: 95%

A rule without `key` and `per_key` counts everybody together. A key may carry an allowance of its own besides.
"""

import re
from collections.abc import Sequence
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from routing.money import Share, Shares, Usd, part
from routing.windows import Kind, window

OWN = "key"
"""The rule name of the allowance that a key itself carries."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class Scope(Struct, frozen=True):
    """One counter that a hold counts against: a rule in one of its windows.

    `limit` is the hard ceiling of spent + held; `stop_at` latches on spent alone; `alerts` are marks of spent, all in
    nano-dollars; `rule` is the rule's name and subject (`month`, `daily/alice`); `window` and `resets` are its start
    and end in epoch seconds.
    """

    rule: str
    window: int
    resets: int
    limit: int
    stop_at: int | None = None
    alerts: tuple[int, ...] = ()


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A budget as config.yaml says it.

    `key`: counts that key's requests only, by its name; `per_key`: counts each key by itself. `applies_to: all` also
    refuses answers that cost nothing once the money is gone (`stop_at`, or the limit exactly).
    """

    name: str
    limit: Usd
    window: Kind = "month"
    timezone: str = "UTC"
    key: str | None = None
    per_key: bool = False
    alert_at: Shares = ()
    stop_at: Share | None = None
    applies_to: Literal["paid", "all"] = "paid"

    def __post_init__(self) -> None:
        if not named_well(self.name) or self.name == OWN:
            raise ValueError(f"a rule's name is letters, digits, `.`, `_`, `-`, and not `{OWN}`")
        if self.key is not None and not named_well(self.key):
            raise ValueError("no key can be called so: a name is letters, digits, `.`, `_`, `-`")
        if self.key is not None and self.per_key:
            raise ValueError("a rule has `key` or `per_key`, not both")
        try:
            ZoneInfo(self.timezone)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError(f"no time zone `{self.timezone[:40]}`; write it like `Europe/Berlin` or `UTC`") from None

    def scope(self, key: str, now: int) -> Scope | None:
        """The counter for that key's name at that moment (epoch seconds); None when the rule is about another key."""
        if self.key not in (None, key):
            return None
        start, end = window(self.window, ZoneInfo(self.timezone), now)
        subject = f"/{key}" if self.per_key or self.key is not None else ""
        stop = None if self.stop_at is None else part(self.limit, self.stop_at)
        alerts = tuple(part(self.limit, mark) for mark in self.alert_at)
        return Scope(self.name + subject, start, end, int(self.limit), stop, alerts)


class Allowance(Struct, frozen=True):
    """What one key may spend in each of its windows (UTC), in n$."""

    limit: int
    window: Kind = "month"

    def scope(self, key: str, now: int) -> Scope:
        """The counter for that key's name at that moment (epoch seconds)."""
        start, end = window(self.window, ZoneInfo("UTC"), now)
        return Scope(f"{OWN}/{key}", start, end, self.limit)


def scopes(
    rules: Sequence[Rule], key: str, now: int, own: Allowance | None = None, *, paid: bool = True
) -> tuple[Scope, ...]:
    """Every counter that an attempt of that key counts against, all of which must pass; the key's own comes first.

    `now` is in epoch seconds. Not `paid`: only the counters of rules that refuse free answers too (reserve zero).
    """
    found = [rule.scope(key, now) for rule in rules if paid or rule.applies_to == "all"]
    if own is not None and paid:
        found.insert(0, own.scope(key, now))
    return tuple(scope for scope in found if scope is not None)


class Rulebook:
    """The rules, with each key's counters remembered until the first of their windows ends."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._known: dict[tuple[str, Allowance | None, bool], tuple[int, int, tuple[Scope, ...]]] = {}

    def scopes(self, key: str, now: int, own: Allowance | None = None, *, paid: bool = True) -> tuple[Scope, ...]:
        """As `scopes` of this module, in about a microsecond."""
        known = self._known.get((key, own, paid))
        if known is None or not known[0] <= now < known[1]:
            found = scopes(self.rules, key, now, own, paid=paid)
            begins, ends = max((s.window for s in found), default=now), min((s.resets for s in found), default=now)
            known = self._known[key, own, paid] = (begins, ends, found)
        return known[2]


def named_well(name: str) -> bool:
    """Whether a key or a rule may be called so: the name stands in counters, headers and tables."""
    return _NAME.fullmatch(name) is not None
