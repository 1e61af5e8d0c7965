"""Money as people write it, as integers: `$2.50` and back, without a float in between.

Amounts are nano-dollars (n$, 10⁻⁹ $). Prices are micro-dollars per million tokens (µ$/M), so that tokens × price is
exact in pico-dollars. Shares (`70%`) are basis points (1/10 000).
"""

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

NANO = 10**9
MICRO = 10**6
WHOLE = 10_000
LARGEST = 9_000_000
"""Dollars. 2⁵³ n$ is $9 007 199: beyond it a Redis script would count in rounded doubles."""
DEAREST = 10_000
"""Dollars per million tokens. 2³¹ tokens at that price still fit 64 bits."""

if TYPE_CHECKING:  # for the type checker they are what they are to everybody: ints
    Usd: TypeAlias = int
    UsdPerMillion: TypeAlias = int
    Share: TypeAlias = int
    Shares: TypeAlias = tuple[int, ...]
else:  # types of their own, so that msgspec hands their values to `decode` instead of taking a bare number

    class Usd(int):
        """An amount in n$, written `$200`."""

    class UsdPerMillion(int):
        """A price in µ$ per million tokens, written `$2.50`."""

    class Share(int):
        """A part of a limit in basis points, written `70%`."""

    class Shares(tuple):
        """Several parts of a limit, written `70%` or `[50%, 70%]`."""


_DOLLARS = re.compile(r"\$((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)", re.ASCII)
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?) ?%", re.ASCII)


def usd(written: object) -> int:
    """`$2.50` → 2 500 000 000 n$. Raises ValueError that says how to write it."""
    return _dollars(written, NANO, LARGEST, "an amount is written like `$200` or `$0.01`")


def usd_per_million(written: object) -> int:
    """`$2.50` per million tokens → 2 500 000 µ$/M. Raises ValueError that says how to write it."""
    return _dollars(written, MICRO, DEAREST, "a price per million tokens is written like `$2.50`")


def share(written: object) -> int:
    """`70%` → 7 000 basis points, above 0 and at most 100 %. Raises ValueError that says how to write it."""
    found = _PERCENT.fullmatch(written) if isinstance(written, str) else None
    points = int(Decimal(found[1]) * 100) if found else 0
    if not 0 < points <= WHOLE:
        raise ValueError(f"a share is written like `70%` (above 0 %, at most 100 %), not `{_shown(written)}`")
    return points


def shares(written: object) -> tuple[int, ...]:
    """`70%` or `[50%, 70%]` → basis points, rising, each once. Raises ValueError."""
    several = written if isinstance(written, list | tuple) else [written]
    return tuple(sorted({share(one) for one in several}))


def _dollars(written: object, unit: int, largest: int, how: str) -> int:
    found = _DOLLARS.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError(f"{how}, not `{_shown(written)}`")
    amount = Decimal(found[1].replace(",", "")[:40])
    if amount > largest:
        raise ValueError(f"{how}, at most ${largest:,}, not `{_shown(written)}`")
    parts = amount * unit
    if parts != int(parts) or len(found[1]) > 40:
        raise ValueError(f"{how}, in steps of ${Decimal(1) / unit:f}; `{_shown(written)}` is finer")
    return int(parts)


def _shown(written: object) -> str:
    return str(written)[:40]


_PARSERS: Mapping[type, Callable[[object], Any]] = MappingProxyType(
    {Usd: usd, UsdPerMillion: usd_per_million, Share: share, Shares: shares}
)


def decode(kind: type, written: object) -> Any:
    """msgspec's `dec_hook` for the types above. Raises ValueError (a mistake) or NotImplementedError (not our type)."""
    parse = _PARSERS.get(kind)
    if parse is None:
        raise NotImplementedError(f"no way to read {kind!r}")
    return kind(parse(written))


def part(limit: int, points: int) -> int:
    """The share of a limit, rounded down to a whole n$."""
    return limit * points // WHOLE


def exact(nano: int) -> str:
    """123 400 n$ → `$0.000123400`: every digit, for rows and machines."""
    sign = "-" if nano < 0 else ""
    return f"{sign}${abs(nano) // NANO}.{abs(nano) % NANO:09d}"


def human(nano: int) -> str:
    """For people: cents from a dollar up (`$1,234.50`), below it two leading figures (`$0.0042`, `$0.01`)."""
    dollars = Decimal(abs(nano)) / NANO
    digits = 2 if nano == 0 or dollars >= 1 else max(2, 1 - dollars.adjusted())
    text = f"{dollars.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,f}"
    whole, _, cents = text.partition(".")
    return f"{'-' if nano < 0 else ''}${whole}.{cents.rstrip('0').ljust(2, '0')}"
