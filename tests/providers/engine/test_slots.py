from providers.engine.slots import Slot, Slots


class Cells:
    """A cache that keeps what each sequence holds, as llama.cpp's metadata does. `whole`: it cannot cut a part."""

    def __init__(self, whole: bool = False) -> None:
        self.log: list[tuple[str, int, int]] = []
        self._whole = whole

    def forget(self, sequence: int, start: int = 0) -> bool:
        self.log.append(("forget", sequence, start))
        return not (self._whole and start)

    def share(self, source: int, target: int, tokens: int) -> None:
        self.log.append((f"share from {source}", target, tokens))


def filled(slots: Slots, tenant: str, prompt: list[int]) -> Slot:
    slot = slots.acquire(tenant, prompt)
    assert slot is not None
    slot.tokens += prompt[len(slot.tokens) :]
    return slot


def test_the_same_tenant_finds_its_prefix() -> None:
    slots = Slots(Cells(), 2, partial=True)
    slots.release(filled(slots, "a", [1, 2, 3, 4]))
    again = slots.acquire("a", [1, 2, 3, 9])
    assert again is not None and again.tokens == [1, 2, 3]


def test_one_token_is_always_left_to_run() -> None:
    slots = Slots(Cells(), 1, partial=True)
    slots.release(filled(slots, "a", [1, 2, 3]))
    again = slots.acquire("a", [1, 2, 3])
    assert again is not None and again.tokens == [1, 2]


def test_no_tenant_finds_another_tenants_prefix() -> None:
    cells = Cells()
    slots = Slots(cells, 1, partial=True)
    slots.release(filled(slots, "a", [1, 2, 3]))
    other = slots.acquire("b", [1, 2, 3])
    assert other is not None and other.tokens == []
    assert cells.log[-1] == ("forget", 0, 0)


def test_without_a_tenant_nothing_is_shared() -> None:
    slots = Slots(Cells(), 1, partial=True)
    slots.release(filled(slots, "", [1, 2, 3]))
    again = slots.acquire("", [1, 2, 3])
    assert again is not None and again.tokens == []


def test_a_busy_conversations_prefix_is_shared_with_its_tenant_only() -> None:
    cells = Cells()
    slots = Slots(cells, 3, partial=True)
    busy = filled(slots, "a", [1, 2, 3, 4])
    own, other = slots.acquire("a", [1, 2, 7]), slots.acquire("b", [1, 2, 7])
    assert own is not None and other is not None
    assert (own.tokens, other.tokens) == ([1, 2], [])
    assert (f"share from {busy.sequence}", own.sequence, 2) in cells.log


def test_memory_that_cannot_cut_reuses_a_whole_prefix_or_none() -> None:
    slots = Slots(Cells(), 1, partial=False)
    slots.release(filled(slots, "a", [1, 2]))
    longer = slots.acquire("a", [1, 2, 3])
    assert longer is not None and longer.tokens == [1, 2]
    slots.release(longer)
    other = slots.acquire("a", [1, 9, 9])
    assert other is not None and other.tokens == []


def test_a_cut_that_fails_starts_afresh() -> None:
    cells = Cells(whole=True)
    slots = Slots(cells, 1, partial=True)
    slots.release(filled(slots, "a", [1, 2, 3, 4]))
    again = slots.acquire("a", [1, 2, 9])
    assert again is not None and again.tokens == []
    assert cells.log[-2:] == [("forget", 0, 2), ("forget", 0, 0)]


def test_the_prefix_used_longest_ago_makes_room() -> None:
    slots = Slots(Cells(), 2, partial=True)
    first, second = filled(slots, "a", [1]), filled(slots, "b", [2])
    slots.release(second)
    slots.release(first)
    assert slots.evict()
    assert (first.tokens, second.tokens) == ([1], [])
    assert slots.evict()
    assert not slots.evict()


def test_all_busy_gives_none() -> None:
    slots = Slots(Cells(), 1, partial=True)
    assert slots.acquire("a", [1]) is not None
    assert slots.acquire("a", [1]) is None


def test_a_conversation_that_goes_on_keeps_its_slot_and_leaves_the_others() -> None:
    slots = Slots(Cells(), 2, partial=True)
    other, own = filled(slots, "a", [9, 8, 7, 6]), filled(slots, "a", [1, 2, 3, 4])
    slots.release(other)
    slots.release(own)
    again = slots.acquire("a", [1, 2, 3, 5, 6])
    assert again is own and own.tokens == [1, 2, 3]
    assert other.tokens == [9, 8, 7, 6]


def test_a_long_prefix_is_not_cut_for_a_short_beginning() -> None:
    cells = Cells()
    slots = Slots(cells, 2, partial=True)
    long = filled(slots, "a", list(range(50)))
    slots.release(long)
    other = slots.acquire("a", [0, 1, 99])
    assert other is not None and other is not long
    assert (other.tokens, len(long.tokens)) == ([0, 1], 50)
    assert (f"share from {long.sequence}", other.sequence, 2) in cells.log


def test_another_choice_begins_beside_and_a_next_one_again() -> None:
    cells = Cells()
    slots = Slots(cells, 2, partial=True)
    first = filled(slots, "", [1, 2, 3])
    second = slots.beside(first, 2)
    assert second is not None and second.tokens == [1, 2]
    assert slots.beside(first, 2) is None
    second.tokens += [3, 4, 5]
    slots.rewind(second, 2)
    assert second.tokens == [1, 2]


def test_memory_that_cannot_cut_reads_the_prompt_again_for_each_choice() -> None:
    slots = Slots(Cells(), 2, partial=False)
    first = filled(slots, "a", [1, 2, 3])
    second = slots.beside(first, 2)
    assert second is not None and second.tokens == []
    slots.rewind(first, 2)
    assert first.tokens == []
