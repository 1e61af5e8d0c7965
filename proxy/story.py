"""The story of a request while it happens; at its end it is folded into a Record."""

from providers.errors import QUEUE_FULL, HalfpennyError, ProviderError
from providers.words import Call
from proxy.attempt import Opened
from proxy.exchange import Exchange
from proxy.faults import Fault, fault
from proxy.idempotency import Claim
from proxy.keys import Key
from proxy.limits.permit import FREE, Free
from proxy.record import Choice, Opinion, Record, Route, Tried, Weighed
from proxy.wishes import NO_WISHES
from routing.decision import Decision, Degraded
from routing.signals import NO_OPINION, Signals

CLIENT_LEFT = 499
NOBODY = Tried(0, "", "", 0)
"""The attempt of a request that nobody answered."""


class Story:
    """What is known of a request so far."""

    def __init__(self, id: str, at: int, surface: str, id_headers: tuple[bytes, ...] = (b"x-request-id",)) -> None:
        self.id = id
        self.at = at
        self.surface = surface
        self._id_headers = id_headers
        self.key: Key | None = None
        self.call: Call | None = None
        self.permit: Free = FREE
        self.claim: Claim | None = None
        self.wishes = NO_WISHES
        self.signals = NO_OPINION
        self.decision: Decision | None = None
        self.opened: Opened | None = None
        self.attempts: list[Exchange] = []
        self.status = 200
        self.outcome = "ok"
        self.fault: Fault = "ok"

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
        if self.opened.exchange.remembered:
            return "cache"
        return "local" if self.opened.exchange.local else "upstream"

    @property
    def degraded(self) -> Degraded | None:
        """Why a worse model answers than the best that was allowed."""
        if self.opened is None or self.decision is None:
            return None
        instead, first = self.opened.instead, self.decision.candidates[0]
        if instead is not None and self.opened.candidate.quality < first.quality:
            if instead.code == QUEUE_FULL:
                return "busy"
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
        self.fault = fault(error)

    def abandoned(self) -> None:
        """The client left before the end."""
        self.status = CLIENT_LEFT
        self.outcome = "client_left"
        self.fault = "caller_left"

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The answer headers that tell the story so far."""
        found = [*((name, self.id.encode()) for name in self._id_headers), *self.permit.headers]
        if self.exchange is not None and self.decision is not None:
            found += [
                (b"x-halfpenny-route", self.route.encode()),
                (b"x-halfpenny-model", _visible(self.exchange.hold.model)),
                (b"x-halfpenny-reason", _visible(self.reason)),
            ]
            if self.degraded is not None:
                found.append((b"x-halfpenny-degraded", self.degraded.encode()))
            if self.exchange.dropped:
                found.append((b"x-halfpenny-dropped", _visible(", ".join(self.exchange.dropped))))
        return found

    def record(self, now: int) -> Record:
        """The whole story, at its end."""
        exchange = self.exchange
        tried = tuple(_tried(attempt, self.at) for attempt in self.attempts)
        last = tried[-1] if exchange is not None else NOBODY
        return Record(
            id=self.id,
            at=self.at,
            key=self.key.name if self.key else "",
            surface=self.surface,
            asked=self.call.view.model[:128] if self.call else "",
            model=last.model,
            provider=last.provider,
            route=self.route,
            reason=self.reason,
            status=self.status,
            outcome=self.outcome,
            stream=bool(self.call and self.call.view.stream),
            input=last.input,
            output=last.output,
            usage_source=last.usage_source,
            cost=sum(attempt.cost for attempt in tried),
            duration=now - self.at,
            first_token=last.first_token,
            baseline=sum(attempt.baseline for attempt in tried),
            fault=self.fault,
            degraded=self.degraded,
            no_store=self.wishes.no_store,
            attempts=tried,
            opinion=opinion(self.signals),
            choice=choice(self.decision) if self.decision is not None else Choice(),
        )


def opinion(signals: Signals) -> Opinion:
    """What the classifier read, as a record holds it."""
    good = {model: float(quality) for model, quality in signals.good.items()}
    return Opinion(
        good,
        float(signals.difficulty),
        float(signals.confidence),
        signals.version,
        signals.micros,
        signals.tier,
        signals.challenger,
    )


def choice(decision: Decision) -> Choice:
    """What routing decided, as a record holds it."""
    return Choice(
        candidates=tuple(
            Weighed(one.entry.name, one.quality, one.cost, one.least, one.value) for one in decision.candidates
        ),
        reasons=decision.reasons,
        left_out=decision.left_out,
        degraded=decision.degraded,
        baseline=decision.baseline.name,
        mode=decision.mode,
        tier=decision.candidates[0].entry.tier,
    )


def _tried(attempt: Exchange, at: int) -> Tried:
    hold, ending, first = attempt.hold, attempt.ending, attempt.first_token
    if ending is None:
        return Tried(hold.k, hold.model, hold.provider, hold.amount)
    return Tried(
        k=hold.k,
        model=hold.model,
        provider=hold.provider,
        amount=hold.amount,
        state=ending.state,
        outcome=ending.outcome,
        cost=attempt.charged,
        baseline=ending.baseline,
        input=ending.input,
        output=ending.output,
        cached=ending.cached,
        reasoning=ending.reasoning,
        usage_source=ending.usage_source if ending.state == "settled" else "",
        answered=ending.answered,
        first_token=first - at if first is not None else None,
        ended=ending.at - at,
    )


def _visible(text: str) -> bytes:
    """Printable ASCII only: a header must never carry what somebody's name smuggles in."""
    if text.isascii() and text.isprintable():
        return text[:512].encode()
    return "".join(char if " " <= char <= "~" else "?" for char in text[:512]).encode()
