"""A call of another surface in chat's words: its conversation written out from the view.

Images that a tool returned become a user message behind the results, because a tool's message takes text only. Marks of
what is worth caching go to upstreams that know them.
"""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Raw

from providers.words import Call, Message, Part, ToolCall

MARK = "cache_control"
SHOWN = "The tool returned these images."
Said = dict[str, object]

_tools = msgspec.json.Decoder(list[dict[str, Raw]])
_encode = msgspec.json.Encoder().encode


def in_chat(call: Call, *, marks: bool) -> tuple[Mapping[str, Raw], tuple[str, ...]]:
    """The call's fields, chat's own as they came; and the marks' name where they are among them."""
    if not call.own:
        return call.body, ()
    body = {**call.body, "messages": Raw(_encode(_messages(call.view.messages, marks)))}
    if marks:
        return body | {name: raw for name, raw in call.own.items() if name == MARK}, (MARK,)
    if "tools" in body:
        tools = _tools.decode(body["tools"])
        body["tools"] = Raw(_encode([{name: raw for name, raw in tool.items() if name != MARK} for tool in tools]))
    return body, ()


def _messages(messages: Iterable[Message], marks: bool) -> list[Said]:
    said: list[Said] = []
    shown: list[Part] = []
    for message in messages:
        if shown and message.role != "tool":
            said.append(_images(shown, marks))
            shown = []
        if message.role == "tool" and isinstance(message.content, tuple):
            shown += [part for part in message.content if part.type != "text"]
            message = msgspec.structs.replace(message, content=message.text())
        said.append(_message(message, marks))
    return [*said, _images(shown, marks)] if shown else said


def _message(message: Message, marks: bool) -> Said:
    said: Said = {"role": message.role, "content": message.content}
    if isinstance(message.content, tuple):
        said["content"] = [_part(part, marks) for part in message.content]
    if message.name:
        said["name"] = message.name
    if message.tool_calls:
        said["tool_calls"] = [_call(call) for call in message.tool_calls]
    if message.tool_call_id:
        said["tool_call_id"] = message.tool_call_id
    return said


def _images(parts: list[Part], marks: bool) -> Said:
    content = [{"type": "text", "text": SHOWN}, *(_part(part, marks) for part in parts)]
    return {"role": "user", "content": content}


def _part(part: Part, marks: bool) -> Said:
    said: Said = {"type": part.type}
    if part.text is not None:
        said["text"] = part.text
    kinds = {"image_url": part.image_url, "input_audio": part.input_audio, "file": part.file}
    if marks:
        kinds[MARK] = part.cache_control
    return said | {name: raw for name, raw in kinds.items() if bytes(raw)}


def _call(call: ToolCall) -> Said:
    function = {"name": call.function.name, "arguments": call.function.arguments}
    return {"id": call.id, "type": "function", "function": function}
