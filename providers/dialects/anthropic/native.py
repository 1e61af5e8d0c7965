"""A Messages client's request at a Messages upstream: its own fields, but for the model, the cap and the configuration.

What costs more than our prices say is refused by name, unless the operator's `refuse` says otherwise: tools that run on
Anthropic's servers (priced by use, and their results are prompt tokens that nobody could bound), fast mode, a priced
region, compaction (a second answer), and caches that live longer than five minutes.
Source: https://platform.claude.com/docs/en/about-claude/pricing.
"""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from msgspec import Raw

from providers.dialects.anthropic.caching import FIVE_MINUTES
from providers.dialects.parameters import read, unsupported
from providers.words import Call

SERVER_TOOLS = "server_tools"
"""The word in `refuse` for tools that run on Anthropic's servers."""
UNPRICED = (SERVER_TOOLS, "mcp_servers", "container", "speed", "inference_geo", "compaction", "long_cache")
CHEAP: Mapping[str, tuple[bytes, ...]] = {"speed": (b'"standard"',), "inference_geo": (b'"global"',)}
"""Values that cost what our prices say."""
CLIENT_TOOLS = ("custom", "bash_", "text_editor_", "computer_", "memory_", "browser_toolset_")
"""How the types of tools begin that the client runs itself."""
COUNTED = frozenset(
    {
        *("messages", "system", "tools", "tool_choice", "thinking", "output_config", "output_format", "cache_control"),
        *("mcp_servers", "context_management", "speed"),
    }
)
"""What `count_tokens` takes besides the model."""
ESCAPED = b"\\u00"

_any = msgspec.json.Decoder(Any)
_tools = msgspec.json.Decoder(list[dict[str, Any]])


def body(call: Call, model: str, max_output: int, drop: Collection[str], refuse: Collection[str]) -> dict[str, object]:
    """The request's body, to be encoded. Raises CallerError naming what is not priced."""
    fields = {name: raw for name, raw in call.own.items() if name not in drop and bytes(raw) != b"null"}
    _priced(fields, refuse)
    return {**fields, "model": model, "max_tokens": max_output}


def counted(call: Call, model: str, drop: Collection[str], refuse: Collection[str]) -> dict[str, object]:
    """The body that asks how many tokens the prompt has."""
    fields = body(call, model, 0, drop, refuse)
    return {"model": model, **{name: raw for name, raw in fields.items() if name in COUNTED}}


def _priced(fields: Mapping[str, Raw], refuse: Collection[str]) -> None:
    """Raises CallerError for what our prices do not hold."""
    for name in refuse:
        if name in fields and bytes(fields[name]) not in CHEAP.get(name, ()):
            raise unsupported(name, "it costs more than its price here says")
    if SERVER_TOOLS in refuse:
        for tool in read(fields, "tools", _tools) or []:
            kind = str(tool.get("type") or "custom")
            if not kind.startswith(CLIENT_TOOLS):
                raise unsupported("tools", f"'{kind[:40]}' runs on the provider's servers, at a price of its own")
    if "compaction" in refuse and "compact" in str(read(fields, "context_management", _any)):
        raise unsupported("context_management", "compaction is a second answer, at a price of its own")
    if "long_cache" in refuse:
        for name, raw in fields.items():
            data = bytes(raw)
            if (b"ttl" in data or ESCAPED in data) and _lasts({name: read(fields, name, _any)}):
                raise unsupported(name, f"cache_control takes the ttl {FIVE_MINUTES} only")


def _lasts(value: Any) -> bool:
    """Whether a mark in it asks for a cache that is kept longer."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            mark = each.get("cache_control")
            if isinstance(mark, dict) and mark.get("ttl") not in (None, FIVE_MINUTES):
                return True
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return False
