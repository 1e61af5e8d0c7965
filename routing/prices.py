"""Prices: what tokens cost, as integers; and the table of prices that ships."""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

from msgspec import Struct, convert
from ruamel.yaml import YAML

from providers.words import Usage
from routing.money import UsdPerMillion, decode

PICO = 1_000
"""Pico-dollars in a nano-dollar."""


class Rates(NamedTuple):
    """What a token costs, in µ$/M."""

    input: int
    output: int
    cached: int
    cache_write: int


class Long(Struct, frozen=True, forbid_unknown_fields=True):
    """The price of the whole request when its prompt has more than `above` tokens."""

    above: int
    input: UsdPerMillion
    output: UsdPerMillion
    cached: UsdPerMillion | None = None
    cache_write: UsdPerMillion | None = None


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """µ$ per million tokens, written `input: $2.50`.

    `cached` (input read from the provider's cache) and `cache_write` (input written to it) None: as any input.
    """

    input: UsdPerMillion
    output: UsdPerMillion
    cached: UsdPerMillion | None = None
    long: Long | None = None
    cache_write: UsdPerMillion | None = None

    def __post_init__(self) -> None:
        if not (self.input or self.output):
            raise ValueError("a price of $0 is written `price: free`")

    def rates(self, prompt: int) -> Rates:
        """The rates for a prompt of so many tokens."""
        tier = self.long if self.long is not None and prompt > self.long.above else self
        cached = tier.input if tier.cached is None else tier.cached
        return Rates(tier.input, tier.output, cached, tier.input if tier.cache_write is None else tier.cache_write)


class Listed(Price, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of the shipped table: a price, the day it was read, and where."""

    date: date
    source: str


class Table(Struct, frozen=True):
    """Prices by the provider's model name. `version` goes into every row that was priced by it."""

    prices: Mapping[str, Price]
    version: str


def cost(price: Price, usage: Usage) -> int:
    """What the usage costs in n$: exact in pico-dollars, rounded up once. Every token of `input` is paid once."""
    rates = price.rates(usage.input)
    kept = min(usage.cached, usage.input)
    written = min(usage.cache_write, usage.input - kept)
    prompt = (usage.input - kept - written) * rates.input + kept * rates.cached + written * rates.cache_write
    return _nano(prompt + usage.output * rates.output)


def worst_case(price: Price, prompt: int, max_output: int, n: int = 1) -> int:
    """The most that a request can cost in n$: at most `prompt` tokens in, `n` answers of `max_output` tokens out."""
    fresh, output = _dearest(price, prompt)
    return _nano(prompt * fresh + max_output * n * output)


def affordable(price: Price, prompt: int, amount: int, n: int = 1) -> int | None:
    """The largest `max_output` whose worst case fits in `amount` n$ (may be < 0); None when output costs nothing."""
    fresh, output = _dearest(price, prompt)
    return (amount * PICO - prompt * fresh) // (output * n) if output else None


def _dearest(price: Price, prompt: int) -> tuple[int, int]:
    # the bytes may pass a tier's edge while the tokens do not: whichever tier is dearer; writing to a cache costs more
    tiers = (price.rates(0), price.rates(prompt))
    fresh = max(max(tier.input, tier.cached, tier.cache_write) for tier in tiers)
    return fresh, max(tier.output for tier in tiers)


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
