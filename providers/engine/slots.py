"""Sequences of the shared cache: who holds which prefix, and which slot a new conversation gets.

A prefix is reused only by the tenant whose request filled it, so that nobody can see or time another's.
"""

from collections.abc import Sequence
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
        """A free slot holding the longest prefix of `prompt` that may be reused; at least one token is left to run.

        None: all are busy.
        """
        if all(slot.busy for slot in self._slots):
            return None
        wanted = prompt[:-1]
        usable = {slot: self._usable(slot, tenant, wanted) for slot in self._slots}
        source = max(self._slots, key=lambda slot: (usable[slot], not slot.busy, -len(slot.tokens)))
        if not self._partial and source.busy:
            source = max((slot for slot in self._slots if not slot.busy), key=usable.__getitem__)
        return self._taken(self._target(source, usable[source]), tenant, source, usable[source])

    def beside(self, slot: Slot, tokens: int) -> Slot | None:
        """Another free slot that begins with the first `tokens` of this one, or with nothing. None: all are busy."""
        if all(other.busy for other in self._slots):
            return None
        return self._taken(self._spare(), slot.tenant, slot, tokens if self._partial else 0)

    def rewind(self, slot: Slot, tokens: int) -> None:
        """Shorten a busy slot to its first `tokens`, or to none where that cannot be."""
        self._cut(slot, tokens if self._partial else 0)

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

    def _target(self, source: Slot, shared: int) -> Slot:
        """Which slot to take, if `source` can give `shared` tokens: itself where little else would be lost by that."""
        lost = len(source.tokens) - shared
        if shared and not source.busy and (not lost or not self._partial):
            return source
        spare = self._spare()
        return source if spare.tokens and not source.busy and shared >= max(1, lost) else spare

    def _spare(self) -> Slot:
        """The idle slot that is missed least: an empty one, else the one that was used longest ago."""
        return min((slot for slot in self._slots if not slot.busy), key=lambda slot: (bool(slot.tokens), slot.used))

    def _taken(self, slot: Slot, tenant: str, source: Slot, shared: int) -> Slot:
        """This slot, busy, with the first `shared` tokens of `source`."""
        if slot is source:
            self._cut(slot, shared)
        else:
            self._cut(slot, 0)
            if shared and self._partial:
                self._memory.share(source.sequence, slot.sequence, shared)
                slot.tokens = source.tokens[:shared]
        slot.busy, slot.tenant = True, tenant
        return slot

    def _usable(self, slot: Slot, tenant: str, wanted: Sequence[int]) -> int:
        """How many tokens of `wanted` this slot can give."""
        if not tenant or slot.tenant != tenant:
            return 0
        common = _common(slot.tokens, wanted)
        return common if self._partial or common == len(slot.tokens) else 0

    def _cut(self, slot: Slot, keep: int) -> None:
        """Shorten a slot's prefix to `keep` tokens, or to none where the memory cannot cut there."""
        if keep < len(slot.tokens) or not keep:
            if keep and not self._memory.forget(slot.sequence, keep):
                keep = 0
            if not keep:
                self._memory.forget(slot.sequence)
            del slot.tokens[keep:]


def _common(held: Sequence[int], wanted: Sequence[int]) -> int:
    """Length of the longest common beginning; slices compare a hundred times as fast as a loop."""
    low, high = 0, min(len(held), len(wanted))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if held[low:middle] == wanted[low:middle] else (low, middle - 1)
    return low
