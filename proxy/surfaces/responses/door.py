"""`/v1/responses` and what lies below it: create one, read it again, read what it answered, delete it."""

import msgspec
from litestar.types import Receive, Scope, Send
from msgspec import Raw

from providers.errors import CallerError, HalfpennyError
from proxy.gateway import Gateway
from proxy.relay import Client
from proxy.runtime import Runtime
from proxy.surfaces import errors
from proxy.surfaces.responses.shelf import Kept, Shelf, Store
from proxy.surfaces.responses.surface import Responses

_ENCODE = msgspec.json.Encoder().encode
_FIELDS = msgspec.json.Decoder(dict[str, Raw])
KIND = (b"content-type", b"application/json")


class ResponsesDoor:
    """An ASGI app, mounted at the path. Each request is answered by the gateway with the shelf of its own key."""

    def __init__(self, runtime: Runtime, store: Store) -> None:
        self._runtime, self._store = runtime, store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, whatever becomes of it."""
        below = [part for part in scope["path"].strip("/").split("/") if part]
        if not below and scope["method"] == "POST":  # type: ignore[typeddict-item]
            surface = Responses(self._own(dict(scope["headers"])))
            await Gateway(self._runtime, surface)(scope, receive, send)
            return
        client = Client(scope, receive, send)
        headers = [(b"x-request-id", self._runtime.new_id().encode())]
        try:
            shelf = self._store.shelf(self._runtime.authentication.key(client.headers).id)
            await client.answer(200, [*headers, KIND], _ENCODE(_kept(client.method, below, shelf)))
        except HalfpennyError as error:
            await client.refuse(error, headers, errors)

    def _own(self, headers: dict[bytes, bytes]) -> Shelf | None:
        """The shelf of whoever asks; a key that is none is the gateway's to refuse."""
        try:
            return self._store.shelf(self._runtime.authentication.key(headers).id)
        except HalfpennyError:
            return None


def _kept(method: str, below: list[str], shelf: Shelf) -> object:
    """What one asks of a kept response. Raises CallerError."""
    if len(below) == 1 and method == "DELETE":
        if not shelf.delete(below[0]):
            raise _unknown(below[0])
        return {"id": below[0], "object": "response", "deleted": True}
    if method != "GET" or not below or len(below) > 2 or below[1:] not in ([], ["input_items"]):
        raise CallerError("POST creates a response, GET reads a kept one.", status=405, code="method_not_allowed")
    kept = shelf.get(below[0])
    if kept is None:
        raise _unknown(below[0])
    return Raw(kept.response) if len(below) == 1 else _listed(kept)


def _listed(kept: Kept) -> dict[str, object]:
    """The items that it answered, the newest first, each with an id."""
    data = []
    for number, raw in enumerate(kept.input):
        item = _FIELDS.decode(raw)
        item.setdefault("id", Raw(_ENCODE(f"item_{number}")))
        item.setdefault("type", Raw(b'"message"'))
        if bytes(item.get("content", b""))[:1] == b'"':
            item["content"] = Raw(_ENCODE([{"type": "input_text", "text": item["content"]}]))
        data.append(item)
    data.reverse()
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": False}


def _unknown(id: str) -> CallerError:
    return CallerError(f"Response with id '{id[:80]}' not found.", status=404, code="not_found")
