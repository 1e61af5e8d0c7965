"""What a dialect and a provider are: the two interfaces between routing's choice and an upstream's bytes.

A *dialect* is pure: it builds a request, reads an answer, names a failure. A *provider* has sockets. The gateway knows
only `Provider`.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Protocol

from msgspec import Struct

from providers.errors import ProviderError
from providers.words import Call, Event, Sent


class Outgoing(Struct, frozen=True):
    """An upstream request, complete but for the connection: `path` follows the provider's base URL.

    `kept` names what it says of the call's `left_out` all the same.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    kept: tuple[str, ...] = ()


class Reader(Protocol):
    """Turns an upstream's bytes into events, incrementally; one per answer."""

    @property
    def done(self) -> bool:
        """Whether the answer has said that it is over, so that nothing but the end of its body is awaited."""
        ...

    def feed(self, data: bytes) -> list[Event]:
        """Events completed by these bytes. Raises ProviderError on an error event or malformed bytes."""
        ...

    def end(self) -> list[Event]:
        """What EOF completes. Raises Broken if the answer is unfinished."""
        ...


class Dialect(Protocol):
    """One wire format: a frozen Struct decoded from config.yaml; its fields are its configuration."""

    def surface(self, call: Call) -> str:
        """The client surface in whose words this call is asked and answered, so that wires may pass ("chat")."""
        ...

    @property
    def drop(self) -> tuple[str, ...]:
        """Parameters that are left out as configured; the client is told."""
        ...

    def request(self, call: Call, sent: Sent) -> Outgoing:
        """The upstream request for this call. Raises CallerError naming `param` for what it cannot say."""
        ...

    def reader(self, call: Call) -> Reader:
        """A fresh reader for the answer to this call."""
        ...

    def failure(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """What a non-200 answer means. Header names are lower case."""
        ...


class Answer(Protocol):
    """An opened answer: iterate lists of events; each list is what one read brought."""

    @property
    def surface(self) -> str | None:
        """The surface whose bytes the events' wires are; None when events carry no wires."""
        ...

    @property
    def dropped(self) -> tuple[str, ...]:
        """What the client asked for and the model's side was not told."""
        ...

    def __aiter__(self) -> AsyncIterator[list[Event]]: ...

    async def close(self) -> None:
        """Stop the work upstream and free the connection. Idempotent; safe after the end."""
        ...


def unnoticed() -> None:
    """For who need not know when a call begins."""


class Provider(Protocol):
    """Something that answers calls."""

    async def open(self, call: Call, sent: Sent, begun: Callable[[], None] = unnoticed) -> Answer:
        """Send the call and wait for the answer's head. Raises ProviderError.

        `begun` is called just before the first byte leaves: from then on the work may be billed, even if we give up.
        It may raise; then nothing is sent.
        """
        ...

    async def aclose(self) -> None:
        """Close every connection; no call may follow."""
        ...
