"""Continuous batching: many conversations, one model, one decode step at a time.

A step takes one token of every speaking conversation first and fills the rest of the batch with prompts, in the order
they came; so a long prompt delays the others by one batch. `Scheduler` knows nothing of sockets: it is told `submit`
and `cancel`, and each `step` returns what there is to say, to whom.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from providers.engine.frames import Done, Failed, Finish, Options, Piece, Stats, Timings, Tokens
from providers.engine.llama import Chain, Context, Model
from providers.engine.slots import Slot, Slots
from providers.engine.speed import Speed
from providers.engine.text import TextStream
from providers.engine.waiting import FairQueue

Saying = Piece | Done | Failed
Owner = TypeVar("Owner")


class Job(Generic[Owner]):
    """One conversation on its way: what was asked, and how far it is. Times are the clock's seconds."""

    def __init__(
        self, owner: Owner, id: int, tenant: str, prompt: list[int], options: Options, now: float, patience: float
    ) -> None:
        self.owner, self.id, self.tenant, self.options = owner, id, tenant, options
        self.prompt = prompt
        self.deadline = now + patience
        self.came, self.began, self.spoke = now, now, now
        self.slot: Slot | None = None
        self.chain: Chain | None = None
        self.text = TextStream(options.stop)
        self.cached = self.output = self.untold = 0
        self.next: int | None = None

    def done(self, finish: Finish, now: float) -> Done:
        """The last frame of a complete answer."""
        times = Timings(self.began - self.came, self.spoke - self.began, now - self.spoke)
        return Done(self.id, finish, Tokens(len(self.prompt), self.output, self.cached), times)


class Scheduler(Generic[Owner]):
    """`context` is the largest conversation in tokens; `make_chain` makes the sampler chain of an answer."""

    due = 0.0
    """A conversation never waits for others."""

    def __init__(
        self,
        model: Model,
        memory: Context,
        context: int,
        queue: FairQueue[Job[Owner]],
        make_chain: Callable[[Options], Chain],
        clock: Callable[[], float],
    ) -> None:
        self._model, self._memory, self._context = model, memory, context
        self._slots = Slots(memory, memory.sequences, partial=not model.forgets())
        self._queue, self._make_chain, self._clock = queue, make_chain, clock
        self._active: list[Job[Owner]] = []
        self._speed = Speed(memory.sequences)

    @property
    def busy(self) -> bool:
        """Whether a step has something to do."""
        return bool(self._active or len(self._queue))

    def submit(self, job: Job[Owner]) -> Failed | None:
        """Take a conversation on; what it returns refuses it."""
        if len(job.prompt) >= self._context:
            return too_long(job.id, len(job.prompt), self._context)
        if len(self._active) == self._memory.sequences or len(self._queue):
            return None if self._queue.put(job) else self._full(job)
        self._begin(job)
        return None

    def cancel(self, job: Job[Owner]) -> None:
        """Stop a conversation; the next step goes on without it."""
        if job in self._active:
            self._end(job)
        else:
            self._queue.remove(job)

    def stats(self) -> Stats:
        """How busy it is."""
        waiting = len(self._queue)
        wait = self._speed.wait(waiting) if len(self._active) == self._memory.sequences else 0.0
        return Stats(len(self._active), waiting, round(self._speed.tokens_per_second, 1), round(wait, 3))

    def step(self) -> list[tuple[Job[Owner], Saying]]:
        """One decode step for everybody. Raises EngineFailure."""
        said: list[tuple[Job[Owner], Saying]] = []
        if len(self._queue):
            said += [(job, self._full(job)) for job in self._queue.expired(self._clock())]
            self._admit()
        rows = self._decode(said)
        now = self._clock()
        for job, row in rows:
            said += [(job, saying) for saying in self._advance(job, row, now)]
        self._speed.count(len(rows), now, bool(self._active))
        return said

    def _admit(self) -> None:
        while len(self._active) < self._memory.sequences and (job := self._queue.take()) is not None:
            self._begin(job)

    def _begin(self, job: Job[Owner]) -> None:
        slot = self._slots.acquire(job.tenant, job.prompt)
        assert slot is not None, "there are as many slots as active jobs"
        job.slot, job.cached, job.began = slot, len(slot.tokens), self._clock()
        job.chain = self._make_chain(job.options)
        self._active.append(job)

    def _end(self, job: Job[Owner]) -> None:
        self._active.remove(job)
        if job.slot is not None and job.chain is not None:
            self._slots.release(job.slot)
            job.chain.close()

    def _decode(self, said: list[tuple[Job[Owner], Saying]]) -> list[tuple[Job[Owner], int]]:
        """Run one batch; rows to sample from. Without room: idle prefixes go first, then the youngest conversation."""
        while self._active:
            rows, added = self._fill()
            if self._memory.decode():
                for slot, tokens in added:
                    slot.tokens += tokens
                return rows
            if not self._slots.evict():
                job = self._active[-1]
                self._end(job)
                said.append((job, Failed(job.id, 503, "local_model_overloaded", "The local model is out of memory.")))
        return []

    def _fill(self) -> tuple[list[tuple[Job[Owner], int]], list[tuple[Slot, Sequence[int]]]]:
        """The batch: speaking conversations first, then prompts; which rows give a token, what each slot then holds."""
        self._memory.clear()
        rows: list[tuple[Job[Owner], int]] = []
        added: list[tuple[Slot, Sequence[int]]] = []
        for job in sorted(self._active, key=lambda job: job.next is None):
            slot, room = job.slot, self._memory.room()
            if slot is None or not room:
                continue
            at = len(slot.tokens)
            tokens = job.prompt[at : at + room] if job.next is None else [job.next]
            last = job.next is not None or at + len(tokens) == len(job.prompt)
            row = 0
            for offset, token in enumerate(tokens, 1):
                row = self._memory.add(token, at + offset - 1, slot.sequence, last and offset == len(tokens))
            added.append((slot, tokens))
            if last:
                rows.append((job, row))
        return rows, added

    def _advance(self, job: Job[Owner], row: int, now: float) -> list[Saying]:
        """Choose a conversation's next token: what it says by that, and whether it ends."""
        assert job.chain is not None
        token = self._memory.sample(job.chain, row)
        if not job.output:
            job.spoke = now
        job.output += 1
        job.untold += 1
        ended = self._model.ends(token)
        text = "" if ended else job.text.feed(self._model.piece(token))
        job.next = token
        finish = self._finish(job, ended)
        if finish is None:
            return self._piece(job, text)
        self._end(job)
        self._speed.answered(now - job.began)
        return [*self._piece(job, text + job.text.flush()), job.done(finish, now)]

    def _finish(self, job: Job[Owner], ended: bool) -> Finish | None:
        if ended or job.text.stopped:
            return "stop"
        full = len(job.prompt) + job.output >= self._context
        return "length" if full or job.output >= job.options.max_tokens else None

    def _piece(self, job: Job[Owner], text: str) -> list[Saying]:
        if not text:
            return []
        tokens, job.untold = job.untold, 0
        return [Piece(job.id, text, tokens)]

    def _full(self, job: Job[Owner]) -> Failed:
        after = self._speed.retry_after(len(self._queue))
        message = "The local model is busy and its queue is full. Try again later."
        return Failed(job.id, 429, "local_queue_full", message, retry_after=after)


def too_long(id: int, tokens: int, context: int) -> Failed:
    """The refusal of a prompt that leaves no room for an answer."""
    message = f"This model's maximum context length is {context} tokens, but your messages are {tokens} tokens or more."
    return Failed(id, 400, "context_length_exceeded", message, "messages")
