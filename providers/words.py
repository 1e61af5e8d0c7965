"""The vocabulary: what a client asks (Call), what comes back (Event), what it used (Usage).

Values only, no behaviour beyond reading oneself. Every field that a client sent travels in `Call.body` untouched;
`View` is the small typed part that we read. A complete answer is a stream of one event.
"""

from typing import Literal

from msgspec import Raw, Struct

Task = Literal["chat", "embeddings", "count"]
UsageSource = Literal["provider", "counted", "estimated"]
Need = Literal["tools", "images", "audio", "files", "schema", "logprobs", "many"]


class Function(Struct, frozen=True):
    """A function call inside an assistant message; `arguments` is JSON text as the model wrote it."""

    name: str = ""
    arguments: str = ""


class ToolCall(Struct, frozen=True):
    """One tool call of an assistant message (OpenAI chat shape)."""

    id: str = ""
    function: Function = Function()


class Part(Struct, frozen=True):
    """One content part; `image_url` and friends stay raw JSON, empty when absent.

    `cache_control` is Anthropic's mark of the end of a prefix worth caching, which chat clients write too.
    """

    type: str
    text: str | None = None
    image_url: Raw = Raw()
    input_audio: Raw = Raw()
    file: Raw = Raw()
    cache_control: Raw = Raw()


class Message(Struct, frozen=True):
    """One message of a conversation, in OpenAI's chat shape, read leniently."""

    role: str
    content: str | tuple[Part, ...] | None = None
    name: str | None = None
    tool_calls: tuple[ToolCall, ...] | None = None
    tool_call_id: str | None = None

    def text(self) -> str:
        """All text of the message; parts are joined with a newline."""
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "\n".join(part.text for part in self.content if part.text)


class View(Struct, frozen=True):
    """The small typed part of a request body that we read ourselves.

    `max_output` is in tokens (None: the client set none); `include_usage` says whether the client asked for usage in
    its stream; `n` is the number of choices; `needs` are abilities that the answering model must have.
    """

    model: str
    messages: tuple[Message, ...] = ()
    stream: bool = False
    include_usage: bool = False
    max_output: int | None = None
    n: int = 1
    needs: frozenset[Need] = frozenset()


class Call(Struct, frozen=True):
    """A client's request. `body` holds every field as raw JSON, except `halfpenny`, which is ours and removed.

    The inner words are chat's: of another surface `body` holds its parameters in chat's names (its conversation is
    `view.messages`), and the last four fields what those words cannot hold.
    """

    surface: str
    task: Task
    body: dict[str, Raw]
    view: View
    size: int
    """Length of the client's body in bytes: an upper bound of its text's tokens (JSON escapes only lengthen)."""
    beside: int = 0
    """Tokens that a provider may count beyond the body's bytes: images and files by reference, hidden tool prompts."""
    own: dict[str, Raw] = {}
    """The client's fields in its surface's own words, for an upstream that speaks them too; empty for chat's."""
    headers: tuple[tuple[str, str], ...] = ()
    """The client's headers that such an upstream shall read."""
    unsaid: dict[str, str] = {}
    """What chat's words cannot say and must not be lost: the parameter, and why. Only such an upstream may answer."""
    left_out: tuple[str, ...] = ()
    """What chat's words cannot say, or say as a hint, and does not change what is asked: where another upstream does
    not hear it, the client is told."""

    def bound(self) -> int:
        """An upper bound of the prompt's tokens, for every provider."""
        return self.size + self.beside


class Sent(Struct, frozen=True):
    """What the chosen candidate changes about a call on its way upstream.

    `max_output` (tokens) is written into the upstream request; None leaves the body's own field as it came.
    `tenant` is whose cached prefix may be reused (a key id); `store`: vectors may be kept for the next one who asks.
    `at` is the time, in epoch nanoseconds, for upstreams that want it signed.
    """

    model: str
    max_output: int | None = None
    credential: str = ""
    tenant: str = ""
    at: int = 0
    store: bool = True


class ToolDelta(Struct, frozen=True):
    """A piece of one tool call; `id` and `name` come once, `arguments` in pieces."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""


class Usage(Struct, frozen=True):
    """Tokens used; nothing is counted twice.

    `cached` (read from the provider's cache) and `cache_write` (written to it) are parts of `input`, `reasoning` is one
    of `output`.
    """

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0
    source: UsageSource = "provider"
    cache_write: int = 0


class Event(Struct, frozen=True, gc=False):
    """One piece of an answer.

    `wire` is the event's own bytes in the dialect it came in: for SSE with its blank line; None when we made the event;
    b"" when those bytes travel with the event before it (one chunk that held several choices).
    `finish` is OpenAI's word (stop, length, tool_calls, content_filter); `answered` is the model that the provider
    named; `extra` holds raw JSON that only one dialect knows. `vectors` are embeddings, one for each input in its
    order, as little-endian float32; `counts` are the inputs' tokens, where known. `remembered`: nobody was asked, the
    whole answer comes from a cache of ours.
    """

    wire: bytes | None = None
    choice: int = 0
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    tool: ToolDelta | None = None
    logprobs: Raw = Raw()
    finish: str | None = None
    usage: Usage | None = None
    answered: str | None = None
    extra: dict[str, Raw] | None = None
    vectors: tuple[bytes, ...] | None = None
    counts: tuple[int, ...] = ()
    remembered: bool = False

    def speaks(self) -> bool:
        """Whether the model has said anything with this event: the point after which no retry is honest."""
        return bool(self.text or self.reasoning or self.refusal or self.tool or self.finish or self.vectors)
