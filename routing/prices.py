"""Prices: what tokens cost, as integers."""

from msgspec import Struct


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """µ$ per million tokens."""

    input: int
    output: int
    cached: int | None = None
