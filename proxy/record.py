"""The record: one wide event per request. Log line, metrics and reports are folded from it; it holds no prompt text."""

from typing import Literal

from msgspec import Struct

from providers.errors import HalfpennyError
from providers.words import Call
from proxy.exchange import Exchange
from proxy.keys import Key
from routing.decision import Decision

Route = Literal["local", "upstream", "none"]
CLIENT_LEFT = 499


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


class Story:
    """What is known of a request so far; folded into a Record when it is over."""

    def __init__(self, id: str, at: int, surface: str) -> None:
        self.id = id
        self.at = at
        self.surface = surface
        self.key: Key | None = None
        self.call: Call | None = None
        self.decision: Decision | None = None
        self.exchange: Exchange | None = None
        self.status = 200
        self.outcome = "ok"

    @property
    def route(self) -> Route:
        """Where the answer came from."""
        if self.exchange is None:
            return "none"
        return "local" if self.exchange.local else "upstream"

    def failed(self, error: HalfpennyError) -> None:
        """The story ends with this error."""
        self.status = error.status
        self.outcome = error.code or error.type

    def abandoned(self) -> None:
        """The client left before the end."""
        self.status = CLIENT_LEFT
        self.outcome = "client_left"

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The answer headers that tell the story so far."""
        found = [(b"x-request-id", self.id.encode())]
        if self.exchange is not None and self.decision is not None:
            found += [
                (b"x-halfpenny-route", self.route.encode()),
                (b"x-halfpenny-model", _visible(self.exchange.hold.model)),
                (b"x-halfpenny-reason", _visible(self.decision.reasons[0])),
            ]
        return found

    def record(self, now: int) -> Record:
        """The whole story, at its end."""
        exchange = self.exchange
        hold = exchange.hold if exchange else None
        ending = exchange.ending if exchange else None
        first = exchange.first_token if exchange else None
        return Record(
            id=self.id,
            at=self.at,
            key=self.key.name if self.key else "",
            surface=self.surface,
            asked=self.call.view.model[:128] if self.call else "",
            model=hold.model if hold else "",
            provider=hold.provider if hold else "",
            route=self.route,
            reason=self.decision.reasons[0] if self.decision else "",
            status=self.status,
            outcome=self.outcome,
            stream=bool(self.call and self.call.view.stream),
            input=ending.input if ending else 0,
            output=ending.output if ending else 0,
            usage_source=ending.usage_source if ending else "",
            cost=ending.cost if ending else 0,
            duration=now - self.at,
            first_token=first - self.at if first is not None else None,
        )


def _visible(text: str) -> bytes:
    """Printable ASCII only: a header must never carry what somebody's name smuggles in."""
    return "".join(char if " " <= char <= "~" else "?" for char in text[:512]).encode()
