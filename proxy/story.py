"""The story of a request while it happens; at its end it is folded into a Record."""

from providers.errors import HalfpennyError, ProviderError
from providers.words import Call
from proxy.attempt import Opened
from proxy.exchange import Exchange
from proxy.keys import Key
from proxy.record import Record, Route
from proxy.wishes import NO_WISHES
from routing.decision import Decision, Degraded
from routing.signals import NO_OPINION

CLIENT_LEFT = 499


class Story:
    """What is known of a request so far."""

    def __init__(self, id: str, at: int, surface: str) -> None:
        self.id = id
        self.at = at
        self.surface = surface
        self.key: Key | None = None
        self.call: Call | None = None
        self.wishes = NO_WISHES
        self.signals = NO_OPINION
        self.decision: Decision | None = None
        self.opened: Opened | None = None
        self.attempts: list[Exchange] = []
        self.status = 200
        self.outcome = "ok"

    @property
    def exchange(self) -> Exchange | None:
        """The exchange that answers."""
        return self.opened.exchange if self.opened else None

    @property
    def route(self) -> Route:
        """Where the answer came from; `fallback` when the first choice could not give it."""
        if self.opened is None:
            return "none"
        if self.opened.instead is not None:
            return "fallback"
        return "local" if self.opened.exchange.local else "upstream"

    @property
    def degraded(self) -> Degraded | None:
        """Why a worse model answers than the best that was allowed."""
        if self.opened is None or self.decision is None:
            return None
        instead, first = self.opened.instead, self.decision.candidates[0]
        if instead is not None and self.opened.candidate.quality < first.quality:
            return "outage" if isinstance(instead, ProviderError) else "budget"
        return self.decision.degraded

    @property
    def reason(self) -> str:
        """Why this model answers, in words."""
        if self.decision is None:
            return ""
        said = self.decision.reasons[0]
        if self.opened is None or self.opened.instead is None:
            return said
        first, instead = self.decision.candidates[0].entry.name, self.opened.instead
        return f"{said} {first} could not answer ({instead.code or instead.type})."

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
                (b"x-halfpenny-reason", _visible(self.reason)),
            ]
            if self.degraded is not None:
                found.append((b"x-halfpenny-degraded", self.degraded.encode()))
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
            reason=self.reason,
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
    if text.isascii() and text.isprintable():
        return text[:512].encode()
    return "".join(char if " " <= char <= "~" else "?" for char in text[:512]).encode()
