"""A client's call as what the engine is asked: turns and options, or the refusal that names the field.

Light on purpose: the HTTP worker imports it.
"""

from collections.abc import Iterator
from math import isfinite
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from providers.engine.frames import Options, Turn
from providers.errors import CallerError
from providers.words import Call, Message, Part

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
"""Roles that a conversation may have, and what chat templates call them."""
TEXT_PARTS = ("text", "input_text", "refusal")
STOPS, STOP_LENGTH = 16, 1024
UNSUPPORTED = {
    "functions": ([], None),
    "logprobs": (False, None),
    "top_logprobs": (0, None),
    "logit_bias": ({}, None),
    "audio": (None,),
    "n": (1, None),
    "modalities": (["text"], None),
    "web_search_options": (None,),
}
"""Fields that the engine cannot honour yet, with the values that ask nothing of it."""

T = TypeVar("T")


class Defaults(Struct, frozen=True):
    """What holds where the client says nothing. `max_tokens` in tokens."""

    max_tokens: int
    temperature: float = 0.8
    top_p: float = 0.95
    top_k: int = 40
    min_p: float = 0.05


def turns(call: Call) -> tuple[Turn, ...]:
    """The conversation as plain text. Raises CallerError naming the message."""
    if not call.view.messages:
        raise CallerError("The conversation is empty.", param="messages")
    return tuple(_turn(message, f"messages[{at}]") for at, message in enumerate(call.view.messages))


def options(call: Call, max_output: int | None, defaults: Defaults) -> Options:
    """How to generate; `max_output` (tokens) overrides the client's own limit. Raises CallerError naming the field."""
    refuse_unsupported(call.body)
    read = _Fields(call.body)
    return Options(
        max_tokens=max_output or call.view.max_output or defaults.max_tokens,
        temperature=read.number("temperature", defaults.temperature, 0, 2),
        top_p=read.number("top_p", defaults.top_p, 0, 1),
        top_k=read.integer("top_k", defaults.top_k, 0, 2**31 - 1),
        min_p=read.number("min_p", defaults.min_p, 0, 1),
        presence_penalty=read.number("presence_penalty", 0.0, -2, 2),
        frequency_penalty=read.number("frequency_penalty", 0.0, -2, 2),
        repeat_penalty=read.number("repeat_penalty", 1.0, 0.01, 10),
        seed=read.get("seed", int, None),
        stop=_stops(read.get("stop", str | list[str], None)),
    )


def refuse_unsupported(body: dict[str, Raw]) -> None:
    """Raises CallerError for what the engine cannot do: an answer never ignores what was asked."""
    for name, harmless in UNSUPPORTED.items():
        if name in body and _decode(body[name], Any, name) not in harmless:
            raise _unsupported(name)
    tools = "tools" in body and _decode(body["tools"], Any, "tools")
    if tools and ("tool_choice" not in body or bytes(body["tool_choice"]).strip() != b'"none"'):
        raise _unsupported("tools")
    form = _decode(body["response_format"], Any, "response_format") if "response_format" in body else None
    if form is not None and (not isinstance(form, dict) or form.get("type") != "text"):
        raise _unsupported("response_format")


class _Fields:
    """Optional fields of the body, read one by one; null counts as absent."""

    def __init__(self, body: dict[str, Raw]) -> None:
        self._body = body

    def get(self, name: str, kind: Any, default: Any) -> Any:
        raw = self._body.get(name)
        value = None if raw is None else _decode(raw, kind | None, name)
        return default if value is None else value

    def number(self, name: str, default: float, low: float, high: float) -> float:
        value: float = self.get(name, float, default)
        if not isfinite(value) or not low <= value <= high:
            raise CallerError(f"'{name}' must be a number from {low} to {high}.", param=name)
        return value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value: int = self.get(name, int, default)
        if not low <= value <= high:
            raise CallerError(f"'{name}' must be an integer from {low} to {high}.", param=name)
        return value


def _turn(message: Message, where: str) -> Turn:
    role = ROLES.get(message.role)
    if message.tool_calls or message.role in ("tool", "function"):
        raise _unsupported(f"{where}.tool_calls" if message.tool_calls else f"{where}.role")
    if role is None:
        raise CallerError(f"'{message.role}' is not a role of a message.", param=f"{where}.role")
    content = message.content
    text = content if isinstance(content, str) else "\n".join(_texts(content or (), f"{where}.content"))
    return Turn(role, text, message.name)


def _texts(parts: tuple[Part, ...], where: str) -> Iterator[str]:
    for at, part in enumerate(parts):
        if part.type not in TEXT_PARTS:
            raise _unsupported(f"{where}[{at}]", f"the local model reads text only, not '{part.type}'")
        yield part.text or ""


def _stops(value: str | list[str] | None) -> tuple[str, ...]:
    stops = (value,) if isinstance(value, str) else tuple(value or ())
    if len(stops) > STOPS or any(len(stop) > STOP_LENGTH for stop in stops):
        raise CallerError(f"'stop' takes at most {STOPS} strings of {STOP_LENGTH} characters.", param="stop")
    return tuple(stop for stop in stops if stop)


def _decode(raw: Raw, kind: type[T] | Any, name: str) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CallerError(f"'{name}' is not what it should be: {error}", param=name) from error


def _unsupported(param: str, why: str = "the local model cannot do this yet") -> CallerError:
    return CallerError(f"'{param}' is not supported here: {why}.", code="unsupported_feature", param=param)
