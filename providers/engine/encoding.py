"""Dynamic batching of texts: what waits when a step begins is worked on together, as far as it fits.

Requests take turns text by text, fairly between tenants, so that a list of thousands delays nobody by more than a step.
`Encoding` knows nothing of sockets: it is told `submit` and `cancel`, and each `step` returns what there is to say.
"""

import math
from collections.abc import Callable, Container, Sequence
from typing import Generic, Protocol, TypeVar

from providers.engine.frames import Failed, Stats, Vectors
from providers.engine.gathering import Gathering
from providers.engine.shortening import shortened
from providers.engine.speed import Speed
from providers.engine.waiting import FairQueue
from providers.errors import QUEUE_FULL

Saying = Vectors | Failed
Owner = TypeVar("Owner")


class Tokenizer(Protocol):
    """What reads texts: `llama.Model`, or a sequence classifier. `special` holds the marks' token ids."""

    @property
    def special(self) -> Container[int]: ...

    def tokenize(self, text: str, *, special: bool, framed: bool = False) -> list[int]: ...


class Batch(Protocol):
    """What works on several texts at once: at most `sequences` of them, of `tokens` tokens together."""

    @property
    def tokens(self) -> int: ...

    @property
    def sequences(self) -> int: ...

    def vectors(self, texts: Sequence[Sequence[int]]) -> list[bytes]: ...


class Texts(Generic[Owner]):
    """One request on its way: its texts, how many are `begun`, the vectors made so far and the tokens of each.

    It must have begun at `deadline`; `dimensions` None: the model's own.
    """

    def __init__(
        self,
        owner: Owner,
        id: int,
        tenant: str,
        texts: tuple[str, ...],
        deadline: float,
        dimensions: int | None = None,
    ) -> None:
        self.owner, self.id, self.tenant, self.texts, self.deadline = owner, id, tenant, texts, deadline
        self.dimensions = dimensions
        self.begun = 0
        self.tokens: list[int] = []
        self.vectors: list[bytes] = []


Picked = tuple[Texts[Owner], list[int]]


class Encoding(Generic[Owner]):
    """`queue` is how many requests are taken on at most; `truncate` cuts what is longer than `context` tokens."""

    def __init__(
        self,
        model: Tokenizer,
        memory: Batch,
        gathering: Gathering,
        *,
        context: int,
        queue: int,
        truncate: bool,
        clock: Callable[[], float],
    ) -> None:
        self._model, self._memory, self._context, self._truncate = model, memory, context, truncate
        self._queue: FairQueue[Texts[Owner]] = FairQueue(queue)
        self._carried: Picked[Owner] | None = None
        self._gathering = gathering
        self._clock = clock
        self._speed = Speed(1)
        self._waiting = 0

    @property
    def busy(self) -> bool:
        """Whether a step has something to do."""
        return bool(len(self._queue) or self._carried)

    @property
    def due(self) -> float:
        """In so many seconds the next batch should begin, if any: whoever comes until then shares it."""
        return self._gathering.due(len(self._queue) + (self._carried is not None), self._waiting)

    def submit(self, asked: Texts[Owner]) -> Failed | None:
        """Take a request on; what it returns refuses it."""
        if not self._queue.put(asked):
            return self._full(asked)
        self._waiting += len(asked.texts)
        self._gathering.arrived()
        return None

    def cancel(self, asked: Texts[Owner]) -> None:
        """Stop a request; the next step goes on without it."""
        self._queue.remove(asked)
        if self._carried is not None and self._carried[0] is asked:
            self._carried = None
        self._waiting -= len(asked.texts) - asked.begun

    def stats(self) -> Stats:
        """How busy it is; what waits is counted in texts."""
        wait = self._speed.wait(self._waiting) if self.busy else 0.0
        return Stats(int(self.busy), self._waiting, round(self._speed.tokens_per_second, 1), round(wait, 3))

    def step(self) -> list[tuple[Texts[Owner], Saying]]:
        """One batch. Raises EngineFailure."""
        began = self._clock()
        said: list[tuple[Texts[Owner], Saying]] = []
        for late in self._queue.expired(began):
            self._waiting -= len(late.texts)
            said.append((late, self._full(late)))
        picked = self._pick(said)
        self._gathering.begun(len({id(asked) for asked, _ in picked}))
        for (asked, tokens), vector in zip(picked, self._vectors(picked), strict=True):
            asked.vectors.append(shortened(vector, asked.dimensions))
            asked.tokens.append(len(tokens))
            if len(asked.vectors) == len(asked.texts):
                said.append((asked, Vectors(asked.id, tuple(asked.vectors), tuple(asked.tokens))))
        self._measure(picked, began)
        return said

    def _pick(self, said: list[tuple[Texts[Owner], Saying]]) -> list[Picked[Owner]]:
        """The texts of the next batch; one that does not fit any more is the first of the batch after it."""
        picked: list[Picked[Owner]] = []
        room, most = self._memory.tokens, min(self._memory.sequences, self._gathering.limit(self._waiting))
        while len(picked) < most and (turn := self._next(said)) is not None:
            if len(turn[1]) > room:
                self._carried = turn
                break
            picked.append(turn)
            room -= len(turn[1])
        return picked

    def _next(self, said: list[tuple[Texts[Owner], Saying]]) -> Picked[Owner] | None:
        """Whose turn it is, and with which tokens. A text that cannot be read ends its request."""
        if self._carried is not None:
            turn, self._carried = self._carried, None
            return turn
        while (asked := self._queue.take()) is not None:
            tokens = self._model.tokenize(asked.texts[asked.begun], special=False, framed=True)
            if not tokens or (len(tokens) > self._context and not self._truncate):
                self.cancel(asked)
                said.append((asked, unreadable(asked, len(tokens), self._context)))
                continue
            asked.begun += 1
            self._waiting -= 1
            asked.deadline = math.inf
            if asked.begun < len(asked.texts):
                self._queue.put(asked)
            return asked, self._cut(tokens)
        return None

    def _cut(self, tokens: list[int]) -> list[int]:
        """As many tokens as the model can read; the mark at the end stays."""
        if len(tokens) <= self._context:
            return tokens
        end = tokens[-1:] if tokens[-1] in self._model.special else []
        return tokens[: self._context - len(end)] + end

    def _vectors(self, picked: list[Picked[Owner]]) -> list[bytes]:
        return self._memory.vectors([tokens for _, tokens in picked]) if picked else []

    def _measure(self, picked: list[Picked[Owner]], began: float) -> None:
        now = self._clock()
        self._speed.count(sum(len(tokens) for _, tokens in picked), now, self.busy)
        if picked:
            self._speed.answered((now - began) / len(picked))

    def _full(self, asked: Texts[Owner]) -> Failed:
        after = self._speed.retry_after(self._waiting)
        message = "The local encoder is busy and its queue is full. Try again later."
        return Failed(asked.id, 429, QUEUE_FULL, message, retry_after=after)


def unreadable(asked: Texts[Owner], tokens: int, context: int) -> Failed:
    """The refusal of a text that the model cannot read: it is too long, or nothing is left of it."""
    which = f"input[{asked.begun}]" if len(asked.texts) > 1 else "your input"
    if not tokens:
        return Failed(asked.id, 400, "invalid_value", f"{which} holds nothing that this model can read.", "input")
    message = f"This model's maximum context length is {context} tokens, but {which} has {tokens} tokens."
    return Failed(asked.id, 400, "context_length_exceeded", message, "input")
