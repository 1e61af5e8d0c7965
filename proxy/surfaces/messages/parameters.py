"""What a Messages request asks besides its conversation, in the inner words: chat's parameters.

What is not among them, and asks for anything, only Anthropic's own models can be asked.
"""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import msgspec
from msgspec import Raw, Struct, field

from providers.words import Need
from proxy.surfaces.chat import TOOL_PROMPT
from proxy.surfaces.messages.blocks import MARK, is_mark

SAME = ("temperature", "top_p", "top_k", "stream", "max_tokens", "model")
"""The same name and meaning in chat."""
SAID = frozenset(
    {
        *("messages", "system", "stop_sequences", "tools", "tool_choice", "thinking", "output_config"),
        *("output_format", "metadata", "service_tier", "cache_control", "halfpenny"),
    }
)
"""Told otherwise, or a hint (`cache_control`), or about Anthropic's own servers (`service_tier`)."""
NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "speed": ("standard",),
    "inference_geo": ("global",),
    "mcp_servers": ([],),
}
"""Values that ask for nothing, like null."""
CLEARED = "clear_thinking"
"""How the edits of a context begin that only take away what other models never hear."""
LONGEST_NEUTRAL = 40
"""Bytes, white space included."""
ONLY_THERE = "only Anthropic's models can be asked that"
LOW, MEDIUM = 4_096, 16_384
"""Thinking budgets in tokens below which chat's word is low, and medium."""
CHOICES = {"auto": "auto", "any": "required", "none": "none"}
INPUT_EXAMPLES = ("input_examples", "defer_loading")
"""Fields of a tool that change what the model does and that chat's tools have not."""


class _Edit(Struct, frozen=True):
    type: str


class _Edits(Struct, frozen=True, forbid_unknown_fields=True):
    edits: tuple[_Edit, ...] = ()


_edits = msgspec.json.Decoder(_Edits)


class Tool(Struct, frozen=True):
    """A tool; `type` None or custom: the client's own."""

    name: str = ""
    type: str | None = None
    description: str | None = None
    input_schema: Raw = Raw()
    strict: bool | None = None
    cache_control: Raw = Raw()
    input_examples: Raw = Raw()
    defer_loading: bool | None = None

    @property
    def custom(self) -> bool:
        """Whether chat's words can say it."""
        return self.type in (None, "custom") and not bytes(self.input_examples) and not self.defer_loading


class ToolChoice(Struct, frozen=True):
    """Which tools may or must be called."""

    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class Thinking(Struct, frozen=True):
    """How much to think, and whether the thoughts are shown."""

    type: str
    budget_tokens: int | None = None
    display: str | None = None

    @property
    def shown(self) -> bool:
        """Whether the client asked to read what the model thinks."""
        return self.type in ("enabled", "adaptive") and self.display != "omitted"


class Format(Struct, frozen=True):
    """The JSON schema that the answer must keep."""

    type: Literal["json_schema"]
    schema: Raw


class OutputConfig(Struct, frozen=True):
    """How hard to try, and in which format to answer."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: Format | None = None


class Metadata(Struct, frozen=True):
    """Who asks."""

    user_id: str | None = None


class Seen(Protocol):
    """The fields that are read here."""

    @property
    def tools(self) -> tuple[Tool, ...] | None: ...
    @property
    def tool_choice(self) -> ToolChoice | None: ...
    @property
    def thinking(self) -> Thinking | None: ...
    @property
    def output_config(self) -> OutputConfig | None: ...
    @property
    def output_format(self) -> Format | None: ...
    @property
    def metadata(self) -> Metadata | None: ...
    @property
    def stop_sequences(self) -> tuple[str, ...] | None: ...


class Asked(Struct):
    """Chat's parameters, what they cannot say, what a model must be able to do for them; `marked`: to be cached."""

    inner: dict[str, Raw]
    unsaid: dict[str, str] = field(default_factory=dict)
    needs: set[Need] = field(default_factory=set)
    beside: int = 0
    marked: bool = False


def asked(seen: Seen, raw: Mapping[str, Raw]) -> Asked:
    """The parameters of a request."""
    found = Asked({name: raw[name] for name in SAME if name in raw and bytes(raw[name]) != b"null"})
    for name, value in raw.items():
        if name not in SAME and name not in SAID and _asks(name, value):
            found.unsaid[name] = ONLY_THERE
    said: dict[str, object] = {}
    if seen.stop_sequences:
        said["stop"] = seen.stop_sequences
    if seen.metadata is not None and seen.metadata.user_id:
        said["user"] = seen.metadata.user_id
    _think(seen, said, found)
    _format(seen, said, found)
    _tools(seen, said, found)
    found.marked |= is_mark(raw.get(MARK, Raw()))
    found.inner |= {name: Raw(msgspec.json.encode(value)) for name, value in said.items()}
    return found


def _asks(name: str, value: Raw) -> bool:
    if bytes(value) == b"null" or (name == "context_management" and _only_clears(value)):
        return False
    return name not in NEUTRAL or len(bytes(value)) > LONGEST_NEUTRAL or msgspec.json.decode(value) not in NEUTRAL[name]


def _only_clears(value: Raw) -> bool:
    try:
        edits = _edits.decode(value).edits
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return all(edit.type.startswith(CLEARED) for edit in edits)


def _think(seen: Seen, said: dict[str, object], found: Asked) -> None:
    """An effort, where the client named one or a budget; `adaptive` leaves it to the model, as chat does by default."""
    thinking, config = seen.thinking, seen.output_config
    if thinking is not None and thinking.type not in ("enabled", "adaptive", "disabled"):
        found.unsaid["thinking"] = ONLY_THERE
    if config is not None and config.effort is not None:
        said["reasoning_effort"] = "xhigh" if config.effort == "max" else config.effort
    elif thinking is not None and thinking.type == "enabled":
        budget = thinking.budget_tokens or 0
        said["reasoning_effort"] = "low" if budget < LOW else "medium" if budget < MEDIUM else "high"


def _format(seen: Seen, said: dict[str, object], found: Asked) -> None:
    wanted = seen.output_format or (seen.output_config.format if seen.output_config else None)
    if wanted is not None:
        schema = {"name": "answer", "strict": True, "schema": wanted.schema}
        said["response_format"] = {"type": "json_schema", "json_schema": schema}
        found.needs.add("schema")


def _tools(seen: Seen, said: dict[str, object], found: Asked) -> None:
    tools, choice = seen.tools or (), seen.tool_choice
    foreign = [tool for tool in tools if not tool.custom]
    found.marked |= any(is_mark(tool.cache_control) for tool in tools)
    if foreign:
        kind = foreign[0].type or "custom"
        found.unsaid["tools"] = f"only Anthropic's models know tools such as '{kind[:40]}'"
        found.beside += TOOL_PROMPT * len(foreign)
    if tools:
        said["tools"] = [_tool(tool) for tool in tools if tool.custom]
    if tools and choice is not None:
        named = {"type": "function", "function": {"name": choice.name}}
        said["tool_choice"] = CHOICES.get(choice.type, named)
        if choice.disable_parallel_tool_use:
            said["parallel_tool_calls"] = False
    if tools and (choice is None or choice.type != "none"):
        found.needs.add("tools")


def _tool(tool: Tool) -> dict[str, object]:
    function: dict[str, object] = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    if bytes(tool.input_schema):
        function["parameters"] = tool.input_schema
    if tool.strict:
        function["strict"] = True
    said: dict[str, object] = {"type": "function", "function": function}
    return said | ({MARK: tool.cache_control} if is_mark(tool.cache_control) else {})
