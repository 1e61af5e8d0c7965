"""The conversation that a request goes on with: an earlier response's by its id, and single items by reference.

The Vercel AI SDK sends back what was kept as references (`item_reference`) and never the item itself.
"""

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Raw, Struct

from providers.errors import CallerError


class _Reference(Struct, frozen=True):
    type: str | None = None
    id: str | None = None


_REFERENCE = msgspec.json.Decoder(_Reference)


class Said(Struct, frozen=True):
    """The items of a whole conversation; `recalled`: some of them stood in no body."""

    items: list[Raw]
    recalled: bool = False


class Recall(Struct, frozen=True):
    """What one key may recall: the items up to the end of a response, one item, each None where there is none.

    `limit`: the most bytes that a whole conversation may have, as a request's body has.
    """

    conversation: Callable[[str], list[Raw] | None]
    item: Callable[[str], Raw | None]
    limit: int

    def whole(self, previous: str | None, items: Iterable[Raw]) -> Said:
        """The items before, and these. Raises CallerError for what is not kept or too much."""
        sent = list(items)
        found = [*self._before(previous), *map(self._meant, sent)]
        recalled = previous is not None or any(one is not other for one, other in zip(found, sent, strict=True))
        if recalled and sum(len(bytes(item)) for item in found) > self.limit:
            message = f"The conversation that this request goes on with is larger than {self.limit} bytes."
            param = "previous_response_id" if previous is not None else "input"
            raise CallerError(message, param=param, code="context_length_exceeded")
        return Said(found, recalled)

    def _before(self, previous: str | None) -> list[Raw]:
        if previous is None:
            return []
        found = self.conversation(previous)
        if found is None:
            message = f"Previous response with id '{previous[:80]}' not found."
            raise CallerError(message, param="previous_response_id", code="previous_response_not_found")
        return found

    def _meant(self, item: Raw) -> Raw:
        if b"item_reference" not in bytes(item):
            return item
        try:
            reference = _REFERENCE.decode(item)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return item
        if reference.type != "item_reference":
            return item
        found = self.item(reference.id or "")
        if found is None:
            message = f"Item with id '{(reference.id or '')[:80]}' not found: it was not kept, or not for this key."
            raise CallerError(message, status=404, param="input", code="not_found")
        return found


NOWHERE = Recall(lambda _id: None, lambda _id: None, 0)
"""Nothing is kept."""
