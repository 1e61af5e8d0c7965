"""A conversation in OpenAI's shape as the engine's turns: plain text, tool calls and their results.

Light on purpose: the HTTP worker imports it.
"""

from collections.abc import Iterator

from providers.engine.fields import unsupported
from providers.engine.frames import ToolUse, Turn
from providers.errors import CallerError
from providers.words import Call, Message, Part

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
"""Roles that a conversation may have, and what chat templates call them."""
TEXT_PARTS = ("text", "input_text", "refusal")


def turns(call: Call) -> tuple[Turn, ...]:
    """The conversation as the engine reads it. Raises CallerError naming the message."""
    if not call.view.messages:
        raise CallerError("The conversation is empty.", param="messages")
    made: list[Turn] = []
    called: set[str] = set()
    for at, message in enumerate(call.view.messages):
        made.append(_turn(message, f"messages[{at}]", called))
        called |= {use.id for use in made[-1].calls}
    return tuple(made)


def _turn(message: Message, where: str, called: set[str]) -> Turn:
    role = ROLES.get(message.role)
    if role is None:
        if message.role == "function":
            raise unsupported(f"{where}.role", "the messages of tools have the role 'tool'")
        raise CallerError(f"'{message.role[:64]}' is not a role of a message.", param=f"{where}.role")
    content = message.content
    text = content if isinstance(content, str) else "\n".join(_texts(content or (), f"{where}.content"))
    if role == "tool":
        return Turn(role, text, message.name, call_id=_answered(message, where, called))
    if message.tool_calls and role != "assistant":
        raise CallerError("Only an assistant calls tools.", param=f"{where}.tool_calls")
    return Turn(role, text, message.name, tuple(_calls(message, where)))


def _answered(message: Message, where: str, called: set[str]) -> str:
    """Which call a tool's message answers: one that was made before."""
    if message.tool_call_id is None or message.tool_call_id not in called:
        raise CallerError(
            "A message of a tool answers a call that an assistant made before, by its id.",
            param=f"{where}.tool_call_id",
        )
    return message.tool_call_id


def _calls(message: Message, where: str) -> Iterator[ToolUse]:
    for at, call in enumerate(message.tool_calls or ()):
        if not call.id or not call.function.name:
            raise CallerError("A tool call has an id and a function.", param=f"{where}.tool_calls[{at}]")
        yield ToolUse(call.id, call.function.name, call.function.arguments)


def _texts(parts: tuple[Part, ...], where: str) -> Iterator[str]:
    for at, part in enumerate(parts):
        if part.type not in TEXT_PARTS:
            raise unsupported(f"{where}[{at}]", f"the local model reads text only, not '{part.type}'")
        yield part.text or ""
