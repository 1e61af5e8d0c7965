"""An opened answer: passes events, counts what was seen, and is closed once, at any end."""

from collections.abc import Callable
from contextlib import suppress

from msgspec import structs

from providers.base import Answer, Provider
from providers.errors import ProviderError
from providers.words import Call, Event, Sent, Usage
from proxy.money.ledger import Denied, Ending, Hold, Ledger, LedgerUnavailable
from proxy.settlement import Seen, settle
from routing.catalog import Entry
from routing.prices import Price, cost, worst_case

LONG_TOKEN = 6
"""Bytes of a token that is longer than usual."""
CUT = "cut_at_limit"
"""The outcome of a stream that said more than it was asked for."""
Priced = Callable[[str], Price | None]
"""The price of what a provider says has answered, by its own name for it; None: not known."""


def _unknown(answered: str) -> Price | None:
    return None


class Exchange:
    """One attempt's answer, from its hold to its row.

    `usage` and `cost` (nano-dollars, never above the hold) are known as soon as the provider tells; `ending` is what
    the ledger's row says, once it is decided. `baseline` is the price that the client would have paid without us.
    """

    def __init__(
        self,
        hold: Hold,
        entry: Entry,
        call: Call,
        ledger: Ledger,
        clock: Callable[[], int],
        baseline: Price | None = None,
        priced: Priced = _unknown,
    ) -> None:
        self.hold = hold
        self.local = entry.local
        self.usage: Usage | None = None
        self.cost: int | None = None
        self.first_token: int | None = None
        self.finished = False
        self.remembered = False
        self._done: set[int] = set()
        self._most = 0
        self._cut = False
        self._priced = priced
        self.ending: Ending | None = None
        self._price = entry.price
        self._baseline = baseline
        self.call = call
        self._ledger = ledger
        self._clock = clock
        self._answer: Answer | None = None
        self._ready: list[Event] | None = None
        self._dispatched = False
        self._held = False
        self._booked = False
        self._answered = ""
        self._text_bytes = 0
        self._text_events = 0

    @property
    def surface(self) -> str | None:
        """The surface that the events' wires are written in."""
        return self._answer.surface if self._answer is not None else None

    @property
    def dropped(self) -> tuple[str, ...]:
        """What the client asked for and the model's side was not told."""
        return self._answer.dropped if self._answer is not None else ()

    @property
    def charged(self) -> int:
        """What the key pays for this attempt, in nano-dollars: never above its hold."""
        return min(self.ending.cost, self.hold.amount) if self.ending is not None else 0

    async def reserve(self, output: int, before: Ending | None) -> Denied | None:
        """Hold the worst case of an answer of `output` tokens; `before` ends the attempt before this one."""
        amount = worst_case(self._price, self.call.bound(), output, self.call.view.n) if self._price is not None else 0
        self.hold = structs.replace(self.hold, amount=amount)
        self._held = True
        answer = await self._ledger.reserve(self.hold, before)
        if isinstance(answer, Denied):
            self._held = False
            return answer
        return None

    async def open(self, provider: Provider, sent: Sent) -> None:
        """Dispatch, and wait until the model has said something. Raises ProviderError.

        A stream is cut when it has surely said more than `sent.max_output` tokens for each choice: by its events, of
        which each is one at least, and by its bytes, for an upstream that sends letters.
        """
        if self.call.view.stream and not self.local:
            self._most = (sent.max_output or 0) * self.call.view.n
        self._answer = await provider.open(self.call, sent, self._begun)
        self._events = self._answer.__aiter__()
        ready: list[Event] = []
        while not any(event.speaks() for event in ready):
            more = await self._next()
            if more is None:
                break
            ready += more
        self._ready = ready

    def _begun(self) -> None:
        if self._held and not self._dispatched:
            self._ledger.dispatched(self.hold.id, self.hold.k)  # raises: then nothing is sent
        self._dispatched = True

    def __aiter__(self) -> "Exchange":
        return self

    async def __anext__(self) -> list[Event]:
        ready, self._ready = self._ready, None
        events = ready or await self._next()
        if events is None:
            raise StopAsyncIteration
        return events

    async def _next(self) -> list[Event] | None:
        if self._cut:
            return None
        over = self._text_events > self._most and self._text_bytes > LONG_TOKEN * self._most
        if self._most and over and not self.finished:
            return self._end_here()
        try:
            events = await self._events.__anext__()
        except StopAsyncIteration:
            self.finished = True
            return None
        for event in events:
            self._see(event)
        return events

    def _end_here(self) -> list[Event]:
        """The end that the provider should have made. What it did beyond it is its own affair."""
        self._cut = True
        open = [choice for choice in range(self.call.view.n) if choice not in self._done]
        return [Event(choice=choice, finish="length") for choice in open]

    def _see(self, event: Event) -> None:
        tool = event.tool.arguments if event.tool is not None else ""
        said = event.text + event.reasoning + event.refusal + tool
        if said:
            self._text_events += 1
            self._text_bytes += _size(said)
            if self.first_token is None:
                self.first_token = self._clock()
        if event.answered and event.answered != self._answered:
            self._answered = event.answered
            self._price = self._price and (self._priced(event.answered) or self._price)
        if event.usage is not None:
            self.usage = event.usage
            self.cost = min(cost(self._price, event.usage), self.hold.amount) if self._price is not None else 0
        if event.finish is not None:
            self._done.add(event.choice)
            self.finished = len(self._done) >= self.call.view.n
        self.remembered |= event.remembered

    async def fail(self, error: ProviderError) -> None:
        """Decide the end of an attempt that failed before it spoke; the next hold, or `close`, writes it."""
        self._dispatched = error.dispatched
        self._decide(error.code or error.type)
        if self._answer is not None:
            await self._answer.close()

    async def close(self, outcome: str = "ok") -> Ending:
        """Stop the work upstream, settle the true cost, release the rest. Idempotent: the first call decides."""
        ending = self._decide(outcome)
        if not self._booked:
            self._booked = True
            try:
                if self._answer is not None:
                    await self._answer.close()
            finally:
                await self._book(ending)
        return ending

    def _decide(self, outcome: str) -> Ending:
        if self.ending is None:
            seen = Seen(
                usage=self.usage,
                prompt_bytes=self.call.size,
                text_bytes=self._text_bytes,
                text_events=self._text_events,
                dispatched=self._dispatched,
                final=self.finished,
                answered=self._answered,
                outcome=CUT if self._cut and outcome == "ok" else outcome,
            )
            self.ending = settle(seen, self._price, self.hold, self._clock(), self._baseline)
        return self.ending

    async def _book(self, ending: Ending) -> None:
        """An attempt that took no hold has no row yet: it is written whole, unless nothing was dispatched."""
        with suppress(LedgerUnavailable):  # it keeps what it could not write and writes it as soon as it can
            if self._held:
                await self._ledger.settle(ending)
            elif ending.state == "settled":
                await self._ledger.post(self.hold, ending)


def _size(text: str) -> int:
    """UTF-8 bytes."""
    return len(text) if text.isascii() else len(text.encode(errors="replace"))
