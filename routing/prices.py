"""Prices: what tokens cost, as integers; and the table of prices that ships."""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from importlib.resources import files

from msgspec import Struct, convert
from ruamel.yaml import YAML

from providers.words import Usage
from routing.money import UsdPerMillion, decode

PICO = 1_000
"""Pico-dollars in a nano-dollar."""


class Long(Struct, frozen=True, forbid_unknown_fields=True):
    """The price of the whole request when its prompt has more than `above` tokens."""

    above: int
    input: UsdPerMillion
    output: UsdPerMillion
    cached: UsdPerMillion | None = None


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """µ$ per million tokens, written `input: $2.50`. `cached` None: cached input costs as any input."""

    input: UsdPerMillion
    output: UsdPerMillion
    cached: UsdPerMillion | None = None
    long: Long | None = None

    def __post_init__(self) -> None:
        if not (self.input or self.output):
            raise ValueError("a price of $0 is written `price: free`")

    def rates(self, prompt: int) -> tuple[int, int, int]:
        """(input, output, cached) in µ$/M for a prompt of so many tokens."""
        tier = self.long if self.long is not None and prompt > self.long.above else self
        return tier.input, tier.output, tier.input if tier.cached is None else tier.cached


class Listed(Price, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of the shipped table: a price, the day it was read, and where."""

    date: date
    source: str


class Table(Struct, frozen=True):
    """Prices by the provider's model name. `version` goes into every row that was priced by it."""

    prices: Mapping[str, Price]
    version: str


def cost(price: Price, usage: Usage) -> int:
    """What the usage costs in n$: exact in pico-dollars, rounded up once. `cached` is a part of `input`, paid once."""
    fresh, output, cached = price.rates(usage.input)
    kept = min(usage.cached, usage.input)
    return _nano((usage.input - kept) * fresh + kept * cached + usage.output * output)


def worst_case(price: Price, prompt: int, max_output: int, n: int = 1) -> int:
    """The most that a request can cost in n$: at most `prompt` tokens in, `n` answers of `max_output` tokens out."""
    fresh, output = _dearest(price, prompt)
    return _nano(prompt * fresh + max_output * n * output)


def affordable(price: Price, prompt: int, amount: int, n: int = 1) -> int | None:
    """The largest `max_output` whose worst case fits in `amount` n$ (may be < 0); None when output costs nothing."""
    fresh, output = _dearest(price, prompt)
    return (amount * PICO - prompt * fresh) // (output * n) if output else None


def _dearest(price: Price, prompt: int) -> tuple[int, int]:
    # the bytes may pass a tier's edge while the tokens do not: whichever tier is dearer; a cache may also cost more
    short, long = price.rates(0), price.rates(prompt)
    return max(short[0], short[2], long[0], long[2]), max(short[1], long[1])


def _nano(pico: int) -> int:
    return -(-pico // PICO)


def read_table(text: str) -> Table:
    """A price table from YAML text. Raises msgspec.ValidationError; the version is the newest date and a digest."""
    rows = convert(YAML(typ="safe", pure=True).load(text), dict[str, Listed], dec_hook=decode)
    newest = max(row.date for row in rows.values())
    return Table(rows, f"{newest}.{sha256(text.encode()).hexdigest()[:8]}")


def shipped() -> Table:
    """The table that comes with the package."""
    return read_table(files("routing").joinpath("prices.yaml").read_text("utf-8"))
