"""What routing decided, as a value: candidates in order, and why in words."""

from msgspec import Struct

from routing.catalog import Entry


class Candidate(Struct, frozen=True):
    """A model that may answer. `max_output` is in tokens (None: the provider decides, for free models only).

    `clamped` says that we, not the client, chose `max_output`, so that it may shrink to what is affordable.
    """

    entry: Entry
    max_output: int | None
    clamped: bool = False


class Decision(Struct, frozen=True):
    """Candidates, best first. `reasons` are sentences; the first one goes into the answer's header."""

    candidates: tuple[Candidate, ...]
    reasons: tuple[str, ...]
