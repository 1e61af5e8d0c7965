"""Which path leads where. Every answer, the framework's errors too, has its clients' shape: OpenAI's or Anthropic's."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, asgi
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send

from providers.errors import CallerError, HalfpennyError
from proxy.gateway import Gateway
from proxy.pages.deep import Depth
from proxy.pages.health import health
from proxy.pages.home import home
from proxy.pages.page import Asking, Page, Reply
from proxy.runtime import Runtime
from proxy.surfaces import errors, models
from proxy.surfaces.chat import Chat
from proxy.surfaces.completions import Completions
from proxy.surfaces.embeddings import Embeddings
from proxy.surfaces.messages import Messages
from proxy.surfaces.messages import errors as anthropic
from proxy.surfaces.messages.counting import Counting
from proxy.surfaces.responses.door import ResponsesDoor
from proxy.surfaces.responses.shelf import Store
from proxy.watch.metrics import CONTENT_TYPE, Metrics

AnyRequest = Request[Any, Any, Any]
_LOG = logging.getLogger("halfpenny")
ELSEWHERE = frozenset(
    {
        *("moderations", "images", "audio", "files", "uploads", "batches", "rerank", "fine_tuning", "vector_stores"),
        *("assistants", "threads", "realtime", "conversations", "containers", "evals", "videos"),
        "/v1/messages/batches",
    }
)
"""Providers' endpoints, below `/v1/` or by their whole path, that no surface serves."""
Exposition = Callable[[], bytes]
Loaded = Callable[[], Mapping[str, Mapping[str, object]]]


def create_app(
    runtime: Runtime,
    metrics: Metrics,
    exposition: Exposition,
    loaded: Loaded,
    depth: Depth,
    doors: Mapping[str, ASGIApp],
    shelves: Store,
) -> Litestar:
    """The application over one runtime.

    `exposition` is the text of `/metrics`, `loaded` what models are up, `depth` looks further, `doors` are more paths,
    `shelves` keep responses.
    """
    replies = _pages(runtime, metrics, exposition, loaded) | depth.pages()
    pages = {path: Page(reply, runtime.new_id) for path, reply in replies.items()}
    listing = Page(_models(runtime), runtime.new_id)
    return Litestar(
        [
            asgi("/v1/chat/completions", copy_scope=False)(_handler(Gateway(runtime, Chat()))),
            asgi("/v1/completions", copy_scope=False)(_handler(Gateway(runtime, Completions()))),
            asgi("/v1/messages", copy_scope=False)(_handler(Gateway(runtime, Messages()))),
            asgi("/v1/messages/count_tokens", copy_scope=False)(_handler(Counting(runtime))),
            asgi("/v1/responses", is_mount=True, copy_scope=False)(_handler(ResponsesDoor(runtime, shelves))),
            asgi("/v1/embeddings", copy_scope=False)(_handler(Gateway(runtime, Embeddings()))),
            *(asgi(path, copy_scope=False)(_handler(door)) for path, door in doors.items()),
            # mounted, because a model's name may hold slashes
            asgi("/v1/models", is_mount=True, copy_scope=False)(_handler(listing)),
            *(asgi(path, copy_scope=False)(_handler(page)) for path, page in pages.items()),
        ],
        exception_handlers={Exception: _shaped(runtime)},
        openapi_config=None,
        logging_config=None,
    )


def _models(runtime: Runtime) -> Callable[[Asking], Reply]:
    started = runtime.clock() // 10**9

    def reply(asking: Asking) -> Reply:
        runtime.authentication.key(asking.headers)
        if asking.below:
            return Reply(msgspec.json.encode(models.one(runtime.catalog, asking.below, started)))
        return Reply(msgspec.json.encode(models.listing(runtime.catalog, started)))

    return reply


def _pages(
    runtime: Runtime, metrics: Metrics, exposition: Exposition, loaded: Loaded
) -> dict[str, Callable[[Asking], Reply]]:
    def base(asking: Asking) -> str:
        return "http://" + asking.headers.get(b"host", b"127.0.0.1").decode("latin-1")

    return {
        "/health": lambda asking: health(loaded(), metrics.requests),
        "/metrics": lambda asking: Reply(exposition(), CONTENT_TYPE.encode()),
        "/": lambda asking: home(runtime.catalog, base(asking)),
    }


def _handler(app: ASGIApp) -> ASGIApp:
    """Litestar reads a handler's parameter names, which an object's `__call__` would hide."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    return handle


def _shaped(runtime: Runtime) -> Callable[[AnyRequest, Exception], Response[bytes]]:
    """The framework's own errors (unknown path, wrong method) in the shape of the path's clients."""

    def handle(request: AnyRequest, error: Exception) -> Response[bytes]:
        told = _told(error, request)
        headers = {name.decode(): value.decode() for name, value in errors.headers(told)}
        headers["x-request-id"] = runtime.new_id()
        shape = anthropic if request.url.path.startswith("/v1/messages") else errors
        return Response(shape.body(told), status_code=told.status, headers=headers, media_type=MediaType.JSON)

    return handle


def _told(error: Exception, request: AnyRequest) -> HalfpennyError:
    if isinstance(error, HalfpennyError):
        return error
    if isinstance(error, HTTPException) and error.status_code < 500:
        path, status = request.url.path[:128], error.status_code
        code = {404: "not_found", 405: "method_not_allowed"}.get(status)
        if status == 404 and ELSEWHERE & {path, path.removeprefix("/v1/").partition("/")[0]}:
            message = (
                f"{path} is an endpoint of the provider's that Halfpenny does not pass on: ask the provider itself."
            )
            return CallerError(message, status=404, code="unsupported_endpoint")
        return CallerError(
            f"{request.method} {path} is not served here. GET / shows what is.", status=status, code=code
        )
    _LOG.error("%s %s failed", request.method, request.url.path[:128], exc_info=error)
    return HalfpennyError("Halfpenny failed to answer this request.")
