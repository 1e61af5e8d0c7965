"""What is said on the engine's unix socket: length-prefixed msgpack frames, as tagged Structs.

A frame is four bytes of length (big endian) and one msgpack value. The client says `Start`, `Embed` and `Cancel`;
the engine says `Ready` once per connection, then `Piece`, `Ended`, `Done`, `Vectors`, `Failed` and, about once a second
while it works, `Stats`. Ids are the client's, unique within its connection.
"""

from collections.abc import Iterable
from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Struct

LIMIT = 64 * 1024 * 1024
"""Largest frame in bytes; a longer one ends the connection."""

Finish = Literal["stop", "length", "tool_calls"]


class FrameError(Exception):
    """The other side does not speak frames: too long, or not a known one."""


class ToolUse(Struct, frozen=True, array_like=True):
    """A tool call that the assistant made earlier; `arguments` is JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


class Turn(Struct, frozen=True, array_like=True):
    """One message of the conversation, flattened to text; roles are system, user, assistant, tool.

    `calls` are the tool calls of an assistant, `call_id` is which of them a tool's message answers.
    """

    role: str
    content: str
    name: str | None = None
    calls: tuple[ToolUse, ...] = ()
    call_id: str | None = None


class Tool(Struct, frozen=True, array_like=True):
    """A function that the model may call; `parameters` is a JSON schema (empty: no parameters).

    `strict`: the arguments must keep the schema in every answer, or the request is refused.
    """

    name: str
    description: str = ""
    parameters: bytes = b""
    strict: bool = False


class Options(Struct, frozen=True, array_like=True):
    """How to generate. `seed` None: a fresh one; temperature 0: always the likeliest token; top_k 0: no limit.

    `max_tokens` 0: nothing is generated, the prompt's tokens are counted.
    `logprobs`: how many alternatives to tell with each token (None: nothing is told); `logit_bias`: (token, bias);
    `schema`: a JSON schema that the answer must keep (b"{}": any JSON object); `tool_choice`: "auto", "none",
    "required", or "=" and the name of the one tool to call; `parallel`: more than one call may be made; `effort`: how
    hard a reasoning model may think, in OpenAI's words (None or "none": it does not think).
    """

    max_tokens: int
    temperature: float = 0.8
    top_p: float = 0.95
    top_k: int = 40
    min_p: float = 0.05
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    repeat_penalty: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    n: int = 1
    logprobs: int | None = None
    logit_bias: tuple[tuple[int, float], ...] = ()
    schema: bytes | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    parallel: bool = True
    effort: str | None = None


class Defaults(Struct, frozen=True):
    """What holds where the client says nothing. `max_tokens` in tokens."""

    max_tokens: int
    temperature: float = 0.8
    top_p: float = 0.95
    top_k: int = 40
    min_p: float = 0.05


class Start(Struct, frozen=True, array_like=True, tag="start"):
    """Answer this conversation. `tenant` is whose cached prefixes may be used; an empty one shares with nobody."""

    id: int
    tenant: str
    messages: tuple[Turn, ...]
    options: Options


class Embed(Struct, frozen=True, array_like=True, tag="embed"):
    """Make a vector of each of these texts, or of what these token ids of OpenAI's say. `tenant` is in whose turn.

    `dimensions`: cut to so many, and made 1 long again (None: the model's own).
    """

    id: int
    tenant: str
    texts: tuple[str, ...]
    tokens: tuple[tuple[int, ...], ...] = ()
    dimensions: int | None = None


class Cancel(Struct, frozen=True, array_like=True, tag="cancel"):
    """Forget this conversation; nothing more is said about it."""

    id: int


class Ready(Struct, frozen=True, array_like=True, tag="ready"):
    """The loaded model: `context` is tokens per conversation or text, `slots` how many of them it works on at once.

    `abilities` names what it can do beyond plain text; `width` is the length of an encoder's vectors, `identity` what
    tells its file from every other; `stall`: seconds that one step may take here. `defaults` is what holds of an
    engine where a client says nothing, `cut` whether an encoder's vectors may be asked for with fewer numbers.
    """

    name: str
    architecture: str
    context: int
    train_context: int
    slots: int
    template: bool
    abilities: tuple[str, ...] = ()
    width: int = 0
    identity: str = ""
    stall: float = 0.0
    defaults: Defaults | None = None
    cut: bool = True


class ToolPiece(Struct, frozen=True, array_like=True):
    """A piece of one tool call; `id` and `name` come once, with its first piece."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""


class Piece(Struct, frozen=True, array_like=True, tag="piece"):
    """More of one choice; `tokens` is how many tokens it took since the piece before.

    `logprobs` is a JSON array of OpenAI's token objects, empty when none were asked for.
    """

    id: int
    text: str
    tokens: int
    choice: int = 0
    logprobs: bytes = b""
    reasoning: str = ""
    tools: tuple[ToolPiece, ...] = ()


class Tokens(Struct, frozen=True, array_like=True):
    """Exact counts: the rendered template's tokens, the generated ones (the end token too), and those reused.

    `reasoning` is a part of `output`.
    """

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0


class Timings(Struct, frozen=True, array_like=True):
    """Seconds spent waiting for a slot, until the first token, and generating the rest."""

    queued: float
    prompt: float
    output: float


class Ended(Struct, frozen=True, array_like=True, tag="ended"):
    """One of several choices is complete; the last one's end is `Done`."""

    id: int
    choice: int
    finish: Finish


class Done(Struct, frozen=True, array_like=True, tag="done"):
    """The answer is complete; `choice` is the one that ended last, `usage` counts all."""

    id: int
    finish: Finish
    usage: Tokens
    timings: Timings
    choice: int = 0


class Vectors(Struct, frozen=True, array_like=True, tag="vectors"):
    """A vector of length 1 for each text, in order, as little-endian float32. `tokens` is how many each text had."""

    id: int
    vectors: tuple[bytes, ...]
    tokens: tuple[int, ...]


class Failed(Struct, frozen=True, array_like=True, tag="failed"):
    """There is no (more) answer; the fields are those of `HalfpennyError`."""

    id: int
    status: int
    code: str
    message: str
    param: str | None = None
    retry_after: float | None = None


class Stats(Struct, frozen=True, array_like=True, tag="stats"):
    """How busy the engine is; `expected_wait` is in seconds, for a request that came now."""

    active: int
    waiting: int
    tokens_per_second: float
    expected_wait: float


class Leaving(Struct, frozen=True, array_like=True, tag="leaving"):
    """This process ends once you have gone: what you have asked is answered, ask the next thing on a new connection."""


Asked = Start | Embed | Cancel
Told = Ready | Piece | Ended | Done | Vectors | Failed | Stats | Leaving
T = TypeVar("T")


def wrong_task(id: int, task: str) -> Failed:
    """The refusal of what a model of the other kind is for."""
    return Failed(id, 400, "unsupported_feature", f"This model is for {task} alone.", "model")


def encode(frames: Iterable[Asked | Told]) -> bytes:
    """The bytes of these frames, for one write."""
    payloads = [msgspec.msgpack.encode(frame) for frame in frames]
    return b"".join(len(payload).to_bytes(4, "big") + payload for payload in payloads)


class FrameReader(Generic[T]):
    """Bytes in, frames out, in any cut. `kind` is the union that the other side may say."""

    def __init__(self, kind: Any, limit: int = LIMIT) -> None:
        self._decoder: msgspec.msgpack.Decoder[T] = msgspec.msgpack.Decoder(kind)
        self._buffer = bytearray()
        self._limit = limit

    def feed(self, data: bytes) -> list[T]:
        """Frames completed by these bytes. Raises FrameError."""
        self._buffer += data
        frames: list[T] = []
        at = 0
        while (end := self._end(at)) is not None:
            frames.append(self._decode(bytes(self._buffer[at + 4 : end])))
            at = end
        del self._buffer[:at]
        return frames

    def _end(self, at: int) -> int | None:
        """Where the frame that begins at `at` ends; None while it is incomplete."""
        if len(self._buffer) < at + 4:
            return None
        size = int.from_bytes(self._buffer[at : at + 4], "big")
        if size > self._limit:
            raise FrameError(f"a frame of {size} bytes is over the limit of {self._limit}")
        return at + 4 + size if len(self._buffer) >= at + 4 + size else None

    def _decode(self, payload: bytes) -> T:
        try:
            return self._decoder.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise FrameError(f"not a frame: {error}") from error
