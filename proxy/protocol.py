"""uvicorn's HTTP protocol, but for one thing: what is no HTTP request is refused in OpenAI's shape too, with an id."""

from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from providers.errors import CallerError
from proxy.surfaces import errors


def protocol(new_id: Callable[[], str]) -> type[HttpToolsProtocol]:
    """The protocol class that uvicorn makes one of for each connection."""

    class Protocol(HttpToolsProtocol):
        """One connection."""

        def send_400_response(self, msg: str) -> None:
            """Refuse bytes that cannot be parsed, and close: nothing after them can be trusted."""
            error = CallerError(f"This is not an HTTP/1.1 request that can be read: {msg}", code="invalid_http")
            body = errors.body(error)
            head = [
                (b"content-type", b"application/json"),
                (b"x-request-id", new_id().encode()),
                *errors.headers(error),
            ]
            head += [(b"content-length", str(len(body)).encode()), (b"connection", b"close")]
            lines = b"".join(name + b": " + value + b"\r\n" for name, value in head)
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + lines + b"\r\n" + body)
            self.transport.close()

    return Protocol
