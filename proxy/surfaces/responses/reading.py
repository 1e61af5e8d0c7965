"""What lies below `/v1/responses`: a kept response read, deleted, or refused to be cancelled, and what it answered.

Source: https://platform.openai.com/docs/api-reference/responses/get and its neighbours.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec
from msgspec import Raw, Struct

from providers.errors import CallerError
from proxy.surfaces.responses.shelf import Kept, Shelf

LISTED, MOST_LISTED = 20, 100
"""Items of one page: without `limit`, and the most."""
_ENCODE = msgspec.json.Encoder().encode
_FIELDS = msgspec.json.Decoder(dict[str, Raw])
Query = Mapping[str, list[str]]


class Wanted(Struct, frozen=True):
    """A request below the path: its method, the path's parts, and its query."""

    method: str
    parts: list[str]
    query: Query


def wanted(method: str, path: str, query: bytes) -> Wanted:
    """As it came."""
    parts = [part for part in path.strip("/").split("/") if part]
    return Wanted(method, parts, parse_qs(query.decode("latin-1"), keep_blank_values=True))


def kept(asked: Wanted, shelf: Shelf) -> object:
    """What one asks of a kept response. Raises CallerError."""
    id, *below = asked.parts or ["", ""]
    match asked.method, below:
        case "DELETE", []:
            return _deleted(id, shelf)
        case "GET", []:
            return Raw(_readable(_found(id, shelf), asked.query).response)
        case "GET", ["input_items"]:
            return _page(_items(_found(id, shelf)), asked.query)
        case "POST", ["cancel"]:
            _found(id, shelf)
            raise CallerError("Only a response that runs in the background can be cancelled, and none does here.")
        case "POST", [] if id in ("input_tokens", "compact"):
            raise CallerError(f"/v1/responses/{id} is not served here.", status=404, code="unsupported_endpoint")
    raise CallerError("POST creates a response, GET reads a kept one.", status=405, code="method_not_allowed")


def _deleted(id: str, shelf: Shelf) -> dict[str, Any]:
    if not shelf.delete(id):
        raise _unknown(id)
    return {"id": id, "object": "response", "deleted": True}


def _found(id: str, shelf: Shelf) -> Kept:
    found = shelf.get(id)
    if found is None:
        raise _unknown(id)
    return found


def _unknown(id: str) -> CallerError:
    return CallerError(f"Response with id '{id[:80]}' not found.", status=404, code="not_found")


def _readable(found: Kept, query: Query) -> Kept:
    if _last(query, "stream", "false").lower() not in ("false", "0"):
        message = "A kept response is read whole: only one that runs in the background can be streamed again."
        raise CallerError(message, param="stream", code="unsupported_parameter")
    return found


def _items(found: Kept) -> list[dict[str, Raw]]:
    """The items that it answered, the oldest first, each with a type and an id."""
    return [_item(_FIELDS.decode(raw), number) for number, raw in enumerate(found.input)]


def _item(item: dict[str, Raw], number: int) -> dict[str, Raw]:
    told = {name: value for name, value in item.items() if name not in ("id", "type") or bytes(value) != b"null"}
    filled = {"id": Raw(_ENCODE(f"item_{number}")), "type": Raw(b'"message"')} | told
    if bytes(filled.get("content", b""))[:1] == b'"':
        if bytes(filled.get("role", b"")) == b'"assistant"':
            part: dict[str, Any] = {"type": "output_text", "text": filled["content"], "annotations": []}
        else:
            part = {"type": "input_text", "text": filled["content"]}
        filled["content"] = Raw(_ENCODE([part]))
    return filled


def _page(items: list[dict[str, Raw]], query: Query) -> dict[str, Any]:
    """One page of them, the newest first where `order` does not say otherwise."""
    order = _last(query, "order", "desc")
    if order not in ("asc", "desc"):
        raise _invalid("order", "asc or desc")
    if order == "desc":
        items.reverse()
    limit, after = _last(query, "limit", str(LISTED)), _last(query, "after", "")
    if not (limit.isascii() and limit.isdecimal() and len(limit) < 6 and 1 <= int(limit) <= MOST_LISTED):
        raise _invalid("limit", f"a number from 1 to {MOST_LISTED}")
    if after:
        ids = [msgspec.json.decode(item["id"]) for item in items]
        if after not in ids:
            raise _invalid("after", "the id of one of its items")
        items = items[ids.index(after) + 1 :]
    data = items[: int(limit)]
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": len(items) > len(data)}


def _last(query: Query, name: str, default: str) -> str:
    return query.get(name, [default])[-1]


def _invalid(name: str, right: str) -> CallerError:
    return CallerError(f"Invalid value for '{name}': it must be {right}.", param=name, code="invalid_value")
