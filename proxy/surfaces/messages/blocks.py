"""The blocks of a Messages conversation, decoded leniently: only what the inner words can say has a field."""

import msgspec
from msgspec import Raw, Struct

MARK = "cache_control"
"""The field that marks the end of a prefix worth caching."""


def is_mark(raw: Raw) -> bool:
    """Whether a value of that field is one."""
    return bytes(raw) not in (b"", b"null")


class Source(Struct, frozen=True):
    """Where an image or a document comes from; `content` are the blocks of a document that is made of some."""

    type: str
    media_type: str = ""
    data: str = ""
    url: str = ""
    content: Raw = Raw()


class Citations(Struct, frozen=True):
    """Whether a document's answer shall cite it."""

    enabled: bool | None = None


class Block(Struct, frozen=True):
    """A content block of a request, of any kind. `content` is a tool result's: text, or blocks.

    What has another shape in another kind of block stays raw until the kind is known.
    """

    type: str
    text: str = ""
    source: Raw = Raw()
    id: str = ""
    name: str = ""
    input: Raw = Raw(b"{}")
    tool_use_id: str = ""
    content: Raw = Raw()
    is_error: bool | None = None
    signature: str | None = None
    title: str | None = None
    context: str | None = None
    citations: Raw = Raw()
    cache_control: Raw = Raw()


class Turn(Struct, frozen=True):
    """One message of a conversation."""

    role: str
    content: str | tuple[Block, ...]


inside = msgspec.json.Decoder(str | tuple[Block, ...] | None)
"""Reads a tool result's content."""
where_from = msgspec.json.Decoder(Source | None)
"""Reads an image's or a document's source; a search result's is an address."""
citing = msgspec.json.Decoder(Citations | None)
"""Reads a document's citations; of a text they are what an answer cited before, a list."""
