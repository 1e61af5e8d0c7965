"""Continuous batching: many conversations, one model, one decode step at a time.

A step takes one token of every speaking choice first and fills the rest of the batch with prompts, in the order they
came; so a long prompt delays the others by one batch. `Scheduler` knows nothing of sockets: it is told `submit` and
`cancel`, and each `step` returns what there is to say, to whom.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from providers.engine.context import Context
from providers.engine.frames import Done, Ended, Failed, Finish, Options, Piece, Stats, Timings, Tokens
from providers.engine.llama import Model
from providers.engine.slots import Slot, Slots
from providers.engine.speed import Speed
from providers.engine.voice import Voice
from providers.engine.waiting import FairQueue
from providers.errors import QUEUE_FULL

Saying = Piece | Ended | Done | Failed
Owner = TypeVar("Owner")


class Job(Generic[Owner]):
    """One conversation on its way: what was asked, and how far it is. Times are the clock's seconds.

    `voice` makes the n-th choice of its answer; the first was made already, as proof that it can be.
    """

    def __init__(
        self,
        owner: Owner,
        id: int,
        tenant: str,
        prompt: list[int],
        options: Options,
        voice: Callable[[int], Voice],
        now: float,
        patience: float,
    ) -> None:
        self.owner, self.id, self.tenant, self.options = owner, id, tenant, options
        self.prompt, self._voice = prompt, voice
        self._first: Voice | None = voice(0)
        self.deadline = now + patience
        self.came, self.began, self.spoke = now, now, 0.0
        self.cached = self.output = self.reasoning = 0
        self.unbegun, self.unended = range(options.n), options.n

    def voice(self) -> Voice:
        """The next choice, of those `unbegun`."""
        choice, self.unbegun = self.unbegun[0], self.unbegun[1:]
        made, self._first = self._first or self._voice(choice), None
        return made

    def forget(self) -> None:
        """It will not begin."""
        if self._first is not None:
            self._first.close()
            self._first = None

    def ended(self, choice: int, finish: Finish, now: float) -> Ended | Done:
        """What is said when a choice has ended."""
        self.unended -= 1
        if self.unended:
            return Ended(self.id, choice, finish)
        spoke = self.spoke or now
        times = Timings(self.began - self.came, spoke - self.began, now - spoke)
        usage = Tokens(len(self.prompt), self.output, self.cached, self.reasoning)
        return Done(self.id, finish, usage, times, choice)


class Strand(Generic[Owner]):
    """One choice in its slot; `next` is the token to decode, None while the prompt is being read."""

    __slots__ = ("began", "job", "next", "slot", "voice")

    def __init__(self, job: Job[Owner], voice: Voice, slot: Slot, began: float) -> None:
        self.job, self.voice, self.slot, self.began = job, voice, slot, began
        self.next: int | None = None


Rows = list[tuple[Strand[Owner], int]]
Said = list[tuple[Job[Owner], Saying]]


class Scheduler(Generic[Owner]):
    """`context` is the largest conversation in tokens."""

    due = 0.0
    """A conversation never waits for others."""

    def __init__(
        self,
        model: Model,
        memory: Context,
        context: int,
        queue: FairQueue[Job[Owner]],
        clock: Callable[[], float],
    ) -> None:
        self._memory, self._context = memory, context
        self._slots = Slots(memory, memory.sequences, partial=not model.forgets())
        self._queue, self._clock = queue, clock
        self._active: list[Strand[Owner]] = []
        self._speed = Speed(memory.sequences)

    @property
    def busy(self) -> bool:
        """Whether a step has something to do."""
        return bool(self._active or len(self._queue))

    def submit(self, job: Job[Owner]) -> Failed | None:
        """Take a conversation on; what it returns refuses it."""
        if len(self._active) < self._memory.sequences and not len(self._queue):
            self._begin(job)
            return None
        return None if self._queue.put(job) else self._full(job)

    def cancel(self, job: Job[Owner]) -> None:
        """Stop a conversation; the next step goes on without it."""
        mine = [strand for strand in self._active if strand.job is job]
        for strand in mine:
            self._end(strand)
        if not mine and self._queue.remove(job):
            job.forget()

    def stats(self) -> Stats:
        """How busy it is."""
        waiting = len(self._queue)
        taken = len(self._active) == self._memory.sequences
        wait = self._speed.wait(waiting, self._ages()) if taken else 0.0
        return Stats(len(self._active), waiting, round(self._speed.tokens_per_second, 1), round(wait, 3))

    def step(self) -> Said[Owner]:
        """One decode step for everybody. Raises EngineFailure."""
        said: Said[Owner] = []
        if len(self._queue):
            said += [(job, self._full(job)) for job in self._queue.expired(self._clock())]
            self._admit()
        rows = self._decode(said)
        now = self._clock()
        for strand, row in rows:
            said += [(strand.job, saying) for saying in self._advance(strand, row, now)]
        self._speed.count(len(rows), now, bool(self._active))
        return said

    def _admit(self) -> None:
        while len(self._active) < self._memory.sequences and (job := self._queue.take()) is not None:
            self._begin(job)

    def _begin(self, job: Job[Owner]) -> None:
        slot = self._slots.acquire(job.tenant, job.prompt)
        assert slot is not None, "there are as many slots as strands"
        job.cached, job.began = len(slot.tokens), self._clock()
        self._active.append(Strand(job, job.voice(), slot, job.began))

    def _end(self, strand: Strand[Owner]) -> None:
        self._active.remove(strand)
        self._slots.release(strand.slot)
        strand.voice.close()

    def _decode(self, said: Said[Owner]) -> Rows[Owner]:
        """Run one batch; rows to sample from. Without room: idle prefixes go first, then the youngest conversation."""
        while self._active:
            rows, added = self._fill()
            if self._memory.decode():
                for slot, tokens in added:
                    slot.tokens += tokens
                return rows
            if not self._slots.evict():
                job = self._active[-1].job
                self.cancel(job)
                said.append((job, Failed(job.id, 503, "local_model_overloaded", "The local model is out of memory.")))
        return []

    def _fill(self) -> tuple[Rows[Owner], list[tuple[Slot, Sequence[int]]]]:
        """The batch: speaking choices first, then prompts; which rows give a token, what each slot then holds."""
        memory = self._memory
        memory.clear()
        rows: Rows[Owner] = []
        added: list[tuple[Slot, Sequence[int]]] = []
        reading = []
        for strand in self._active:
            if strand.next is None:
                reading.append(strand)
                continue
            slot, tokens = strand.slot, (strand.next,)
            rows.append((strand, memory.add(tokens, len(slot.tokens), slot.sequence, True)))
            added.append((slot, tokens))
        for strand in reading:
            slot, prompt, room = strand.slot, strand.job.prompt, memory.room()
            if not room:
                break
            at = len(slot.tokens)
            part = prompt[at : at + room]
            last = at + len(part) == len(prompt)
            row = memory.add(part, at, slot.sequence, last)
            added.append((slot, part))
            if last:
                rows.append((strand, row))
        return rows, added

    def _advance(self, strand: Strand[Owner], row: int, now: float) -> Iterator[Saying]:
        """Choose a strand's next token: what it says by that, and whether it ends."""
        job, voice = strand.job, strand.voice
        if strand.next is None:
            job.spoke = job.spoke or now
            self._branch(strand, now)
        strand.next, finish = voice.say(self._memory, row, self._context - len(job.prompt) - voice.output)
        piece = voice.piece(job.id)
        if piece is not None:
            yield piece
        if finish is not None:
            job.output += voice.output
            job.reasoning += voice.reasoning
            self._speed.answered(now - strand.began)
            yield job.ended(voice.choice, finish, now)
            self._next_choice(strand, now)

    def _branch(self, strand: Strand[Owner], now: float) -> None:
        """Its prompt has been read: more choices of the same answer begin in slots that nobody waits for.

        The last token of the prompt is decoded again for each, so that it has a row to sample from.
        """
        job = strand.job
        while job.unbegun and not len(self._queue):
            slot = self._slots.beside(strand.slot, len(job.prompt) - 1)
            if slot is None:
                return
            self._active.append(Strand(job, job.voice(), slot, now))

    def _next_choice(self, strand: Strand[Owner], now: float) -> None:
        """A choice has ended: another one that found no slot takes this one's."""
        job = strand.job
        if job.unbegun:
            self._slots.rewind(strand.slot, len(job.prompt) - 1)
            strand.voice.close()
            strand.voice, strand.next, strand.began = job.voice(), None, now
        else:
            self._end(strand)

    def _ages(self) -> list[float]:
        """For how many seconds each choice has had its slot."""
        now = self._clock()
        return [now - strand.began for strand in self._active]

    def _full(self, job: Job[Owner]) -> Failed:
        job.forget()
        after = self._speed.retry_after(len(self._queue), self._ages())
        message = "The local model is busy and its queue is full. Try again later."
        return Failed(job.id, 429, QUEUE_FULL, message, retry_after=after)


def too_long(id: int, tokens: int, context: int) -> Failed:
    """The refusal of a prompt that leaves no room for an answer."""
    message = f"This model's maximum context length is {context} tokens, but your messages are {tokens} tokens or more."
    return Failed(id, 400, "context_length_exceeded", message, "messages")
