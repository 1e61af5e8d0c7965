"""The output items of an answer as they grow, and the events that tell of it.

Thoughts, text and each tool call are items of their own, in the order in which they begin.
Source: https://platform.openai.com/docs/api-reference/responses-streaming.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct

from providers.words import Event, ToolDelta

Told = dict[str, Any]
"""An event without its number, or an item."""
TEXT, REFUSAL, THOUGHT = "output_text", "refusal", "reasoning_text"


class _Tokens(Struct):
    content: list[Raw] | None = None


_tokens = msgspec.json.Decoder(_Tokens)


class Output:
    """One answer's items. `id` makes theirs."""

    def __init__(self, id: str) -> None:
        self._id = id
        self._items: list[Told] = []
        self._open: Told | None = None
        self._calls: dict[int, Told] = {}

    @property
    def items(self) -> list[Told]:
        """What has been said so far."""
        return self._items

    def write(self, event: Event) -> Iterator[Told]:
        """What an event of the answer tells."""
        if event.reasoning:
            yield from self._say("reasoning", THOUGHT, event.reasoning)
        if event.text or bytes(event.logprobs):
            yield from self._say("message", TEXT, event.text, _logprobs(event.logprobs))
        if event.refusal:
            yield from self._say("message", REFUSAL, event.refusal)
        if event.tool is not None:
            yield from self._call(event.tool)

    def end(self, status: str) -> Iterator[Told]:
        """What tells of the end; `status` is completed or incomplete."""
        yield from self._close(status)
        for call in self._calls.values():
            call["status"] = status
            yield {**_place(call, self._items), "type": "response.function_call_arguments.done", **_written(call)}
            yield self._done(call)

    def _say(self, kind: str, part: str, text: str, logprobs: list[Raw] | None = None) -> Iterator[Told]:
        """A piece of a text, in the item and the part that are open, or in new ones."""
        item = self._open
        if item is None or item["type"] != kind:
            yield from self._close("completed")
            item = self._open = self._new(kind)
            yield self._added(item)
        content = item["content"]
        if not content or content[-1]["type"] != part:
            if content:
                yield from self._part_done(item)
            content.append(_part(part))
            yield {**self._at(item), "type": "response.content_part.added", "part": dict(content[-1])}
        field = "refusal" if part == REFUSAL else "text"
        content[-1][field] += text
        delta: Told = {**self._at(item), "type": f"response.{part}.delta", "delta": text}
        if part == TEXT:
            delta["logprobs"] = logprobs or []
            content[-1]["logprobs"].extend(logprobs or [])
        yield delta

    def _call(self, delta: ToolDelta) -> Iterator[Told]:
        call = self._calls.get(delta.index)
        if call is None:
            yield from self._close("completed")
            call = self._calls[delta.index] = self._new("function_call")
            call |= {"call_id": delta.id or f"call_{call['id']}", "name": delta.name or "", "arguments": ""}
            yield self._added(call)
        if delta.arguments:
            call["arguments"] += delta.arguments
            told = {"type": "response.function_call_arguments.delta", "delta": delta.arguments}
            yield {**_place(call, self._items), **told}

    def _close(self, status: str) -> Iterator[Told]:
        """The open text is finished."""
        item, self._open = self._open, None
        if item is None:
            return
        yield from self._part_done(item)
        item["status"] = status
        yield self._done(item)

    def _part_done(self, item: Told) -> Iterator[Told]:
        part = item["content"][-1]
        field = "refusal" if part["type"] == REFUSAL else "text"
        done: Told = {**self._at(item), "type": f"response.{part['type']}.done", field: part[field]}
        if part["type"] == TEXT:
            done["logprobs"] = part["logprobs"]
        yield done
        yield {**self._at(item), "type": "response.content_part.done", "part": dict(part)}

    def _new(self, kind: str) -> Told:
        prefix = {"reasoning": "rs", "message": "msg", "function_call": "fc"}[kind]
        item: Told = {"id": f"{prefix}_{self._id}_{len(self._items)}", "type": kind, "status": "in_progress"}
        if kind == "message":
            item |= {"role": "assistant", "content": []}
        elif kind == "reasoning":
            item |= {"summary": [], "content": []}
        self._items.append(item)
        return item

    def _added(self, item: Told) -> Told:
        begun = {**item, "content": []} if "content" in item else dict(item)
        index = _place(item, self._items)["output_index"]
        return {"type": "response.output_item.added", "output_index": index, "item": begun}

    def _done(self, item: Told) -> Told:
        index = _place(item, self._items)["output_index"]
        return {"type": "response.output_item.done", "output_index": index, "item": item}

    def _at(self, item: Told) -> Told:
        return {**_place(item, self._items), "content_index": len(item["content"]) - 1}


def _place(item: Told, items: list[Told]) -> Told:
    return {"item_id": item["id"], "output_index": next(at for at, each in enumerate(items) if each is item)}


def _part(kind: str) -> Told:
    if kind == TEXT:
        return {"type": TEXT, "text": "", "annotations": [], "logprobs": []}
    return {"type": kind, "refusal" if kind == REFUSAL else "text": ""}


def _written(call: Told) -> Told:
    """A call's arguments; none at all are an empty object."""
    call["arguments"] = call["arguments"] or "{}"
    return {"arguments": call["arguments"], "name": call["name"]}


def _logprobs(logprobs: Raw) -> list[Raw] | None:
    return _tokens.decode(logprobs).content if bytes(logprobs) else None
