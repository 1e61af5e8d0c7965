"""`/v1/responses` and what lies below it: create one, read it again, read what it answered, delete it."""

import msgspec
from litestar.types import Receive, Scope, Send

from providers.errors import HalfpennyError
from proxy.gateway import Gateway
from proxy.relay import Client
from proxy.runtime import Runtime
from proxy.surfaces import errors
from proxy.surfaces.responses.reading import kept, wanted
from proxy.surfaces.responses.shelf import Shelf, Store
from proxy.surfaces.responses.surface import Responses

_ENCODE = msgspec.json.Encoder().encode
KIND = (b"content-type", b"application/json")


class ResponsesDoor:
    """An ASGI app, mounted at the path. Each request is answered by the gateway with the shelf of its own key."""

    def __init__(self, runtime: Runtime, store: Store) -> None:
        self._runtime, self._store = runtime, store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, whatever becomes of it."""
        client = Client(scope, receive, send)
        asked = wanted(client.method, scope["path"], scope["query_string"])
        if not asked.parts and asked.method == "POST":
            surface = Responses(self._own(dict(scope["headers"])), self._runtime.body_limit)
            await Gateway(self._runtime, surface)(scope, receive, send)
            return
        headers = [(b"x-request-id", self._runtime.new_id().encode())]
        try:
            shelf = self._store.shelf(self._runtime.authentication.key(client.headers).id)
            await client.answer(200, [*headers, KIND], _ENCODE(kept(asked, shelf)))
        except HalfpennyError as error:
            await client.refuse(error, headers, errors)

    def _own(self, headers: dict[bytes, bytes]) -> Shelf | None:
        """The shelf of whoever asks; a key that is none is the gateway's to refuse."""
        try:
            return self._store.shelf(self._runtime.authentication.key(headers).id)
        except HalfpennyError:
            return None
