"""What a surface is: a client's API shape, from its bytes to a Call and from events back to bytes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from providers.errors import HalfpennyError
from providers.words import Call, Event, Usage

NO_HEADERS: Mapping[bytes, bytes] = MappingProxyType({})


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


class Faults(Protocol):
    """An API's shape of errors: a module, as `proxy.surfaces.errors`, OpenAI's."""

    def body(self, error: HalfpennyError) -> bytes:
        """The JSON body, whatever the status."""
        ...

    def event(self, error: HalfpennyError) -> bytes:
        """The last bytes of a stream that broke after its head was sent."""
        ...


class Surface(Protocol):
    """One API shape."""

    @property
    def name(self) -> str:
        """Its word: chat, embeddings, messages."""
        ...

    @property
    def id_headers(self) -> tuple[bytes, ...]:
        """The headers in which its clients look for a request's id."""
        ...

    @property
    def errors(self) -> Faults:
        """The shape of its errors."""
        ...

    def read(self, body: bytes, headers: Mapping[bytes, bytes]) -> Call:
        """A Call from the client's bytes; header names are lower case. Raises CallerError 400 naming `param`."""
        ...

    def writer(self, call: Call, id: str, created: int, model: str, verbatim: bool) -> Writer:
        """A writer for one answer. `verbatim`: the events' wires are this surface's own bytes."""
        ...
