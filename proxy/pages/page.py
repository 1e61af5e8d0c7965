"""A route that is read with GET: one function makes its reply, every error takes OpenAI's shape."""

from collections.abc import Callable, Mapping

from litestar.types import Receive, Scope, Send
from msgspec import Struct

from providers.errors import CallerError, HalfpennyError
from proxy.relay import Client

JSON = b"application/json"


class Reply(Struct, frozen=True):
    """A body, its type and status."""

    body: bytes
    content_type: bytes = JSON
    status: int = 200


class Asking(Struct, frozen=True):
    """What a page may look at: the request's headers (lower case) and what its path says below the route's own."""

    headers: Mapping[bytes, bytes]
    below: str


class Page:
    """An ASGI app for one path."""

    def __init__(self, reply: Callable[[Asking], Reply], new_id: Callable[[], str]) -> None:
        self._reply = reply
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD; refuse the rest."""
        client = Client(scope, receive, send)
        headers = [(b"x-request-id", self._new_id().encode())]
        try:
            if client.method not in ("GET", "HEAD"):
                raise CallerError("Use GET for this path.", status=405, code="method_not_allowed")
            reply = self._reply(Asking(client.headers, scope["path"].strip("/")))
        except HalfpennyError as error:
            await client.refuse(error, headers)
        else:
            await client.answer(reply.status, [*headers, (b"content-type", reply.content_type)], reply.body)
