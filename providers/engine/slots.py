"""Sequences of the shared cache: who holds which prefix, and which slot a new conversation gets.

A prefix is reused only by the tenant whose request filled it, so that nobody can see or time another's.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Protocol


class Memory(Protocol):
    """What of llama.cpp's context is needed here."""

    def forget(self, sequence: int, start: int = 0) -> bool: ...

    def share(self, source: int, target: int, tokens: int) -> None: ...


class Slot:
    """One sequence. `tokens` are those in its cells, `tenant` is whose they are, `used` when it was last freed."""

    __slots__ = ("busy", "sequence", "tenant", "tokens", "used")

    def __init__(self, sequence: int) -> None:
        self.sequence = sequence
        self.tokens: list[int] = []
        self.tenant = ""
        self.busy = False
        self.used = 0


class Slots:
    """All sequences of a context. `partial` False: its model has recurrent state, a prefix is reused whole or not."""

    def __init__(self, memory: Memory, count: int, partial: bool) -> None:
        self._memory = memory
        self._slots = [Slot(sequence) for sequence in range(count)]
        self._partial = partial
        self._frees = 0

    def acquire(self, tenant: str, prompt: Sequence[int]) -> Slot | None:
        """A free slot holding the longest prefix of `prompt` that may be reused; at least one token is left to run."""
        idle = [slot for slot in self._slots if not slot.busy]
        if not idle:
            return None
        wanted = prompt[:-1]
        best = max(idle, key=lambda slot: (self._usable(slot, tenant, wanted), not slot.tokens, -slot.used))
        source = max(self._slots, key=lambda slot: self._usable(slot, tenant, wanted))
        own, theirs = self._usable(best, tenant, wanted), self._usable(source, tenant, wanted)
        if theirs > own and self._partial:
            best = min(idle, key=lambda slot: (bool(slot.tokens), slot.used))
            self._cut(best, 0)
            self._memory.share(source.sequence, best.sequence, theirs)
            best.tokens = source.tokens[:theirs]
        else:
            self._cut(best, own)
        best.busy, best.tenant = True, tenant
        return best

    def release(self, slot: Slot) -> None:
        """The conversation is over; its cells stay for the tenant's next one."""
        self._frees += 1
        slot.busy, slot.used = False, self._frees

    def evict(self) -> bool:
        """Drop the idle prefix that was used longest ago. False: there is none."""
        idle = [slot for slot in self._slots if not slot.busy and slot.tokens]
        if not idle:
            return False
        self._cut(min(idle, key=lambda slot: slot.used), 0)
        return True

    def _usable(self, slot: Slot, tenant: str, wanted: Sequence[int]) -> int:
        """How many tokens of `wanted` this slot can give."""
        if not tenant or slot.tenant != tenant:
            return 0
        common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(slot.tokens, wanted, strict=False)))
        return common if self._partial or common == len(slot.tokens) else 0

    def _cut(self, slot: Slot, keep: int) -> None:
        """Shorten a slot's prefix to `keep` tokens, or to none where the memory cannot cut there."""
        if keep < len(slot.tokens) or not keep:
            if keep and not self._memory.forget(slot.sequence, keep):
                keep = 0
            if not keep:
                self._memory.forget(slot.sequence)
            del slot.tokens[keep:]
