"""What a surface is: a client's API shape, from its bytes to a Call and from events back to bytes."""

from typing import Protocol

from providers.words import Call, Event, Usage


class Writer(Protocol):
    """Writes one answer. `streams`: bytes come as events do; otherwise all at the end."""

    @property
    def content_type(self) -> bytes:
        """The answer's media type."""
        ...

    @property
    def streams(self) -> bool:
        """Whether `write` returns bytes before the end."""
        ...

    def write(self, events: list[Event], cost: int | None) -> bytes:
        """The bytes of these events. `cost` is in nano-dollars, as far as it is known."""
        ...

    def end(self, usage: Usage | None, cost: int | None) -> bytes:
        """The last bytes: what the row says was used and what it cost."""
        ...


class Surface(Protocol):
    """One API shape. Errors take OpenAI's shape (`proxy.surfaces.errors`)."""

    @property
    def name(self) -> str:
        """Its word: chat, embeddings."""
        ...

    def read(self, body: bytes) -> Call:
        """A Call from the client's bytes. Raises CallerError 400 naming `param`."""
        ...

    def writer(self, call: Call, id: str, created: int, model: str, verbatim: bool) -> Writer:
        """A writer for one answer. `verbatim`: the events' wires are this surface's own bytes."""
        ...
