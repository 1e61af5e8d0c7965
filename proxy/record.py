"""The record: one wide event per request. Log line, metrics and reports are folded from it; it holds no prompt text."""

from typing import Literal

from msgspec import Struct

Route = Literal["local", "upstream", "fallback", "none"]


class Record(Struct, frozen=True):
    """The story of one request. Times are in nanoseconds (`at` since the epoch), money in nano-dollars.

    `outcome` is `ok`, `client_left`, or an error's code; `first_token` is None when no model spoke.
    """

    id: str
    at: int
    key: str
    surface: str
    asked: str
    model: str
    provider: str
    route: Route
    reason: str
    status: int
    outcome: str
    stream: bool
    input: int
    output: int
    usage_source: str
    cost: int
    duration: int
    first_token: int | None
