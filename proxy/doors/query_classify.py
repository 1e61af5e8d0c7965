"""`POST /v1/query-classify`: a text, or several, into S2's label 0 or 1 with its confidence.

The answer's header `x-router-latency` says how long that took, in milliseconds, `x-router-model` which head said it.
"""

import logging
from collections.abc import Sequence
from time import perf_counter
from typing import Annotated, Any
from urllib.parse import parse_qs

import msgspec
from litestar.types import Receive, Scope, Send
from msgspec import Meta, Struct

from providers.errors import CallerError, HalfpennyError
from proxy.doors.entrance import Entrance
from proxy.doors.explaining import Explaining
from proxy.doors.query_labels import Answer, QueryLabels
from proxy.keys import Key
from proxy.limits.permit import FREE
from proxy.relay import Client, Headers
from proxy.runtime import Runtime
from proxy.surfaces.body import fields, typed
from proxy.watch.classified import Classified, Source

MOST_TEXTS = 256
_SLOWEST: tuple[Source, ...] = ("model", "shipped", "l2", "l1")
_YES = ("1", "true", "yes")
_LOG = logging.getLogger("halfpenny")
Text = Annotated[str, Meta(min_length=1)]


class ClassifyBody(Struct, frozen=True):
    """A text, or up to MOST_TEXTS of them, and what the client believes their topic to be; other fields are ignored."""

    text: Text | Annotated[list[Text], Meta(min_length=1, max_length=MOST_TEXTS)]
    topic_hint: str | None = None


_BODY = msgspec.json.Decoder(ClassifyBody)


class QueryClassify:
    """An ASGI app for the path. `threshold`: less sure of label 0 is label 1."""

    def __init__(
        self, runtime: Runtime, entrance: Entrance, labels: QueryLabels, threshold: float, counts: Classified
    ) -> None:
        self._runtime, self._entrance, self._labels = runtime, entrance, labels
        self._threshold, self._counts = threshold, counts
        self._explaining = Explaining(runtime, labels.head)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, whatever becomes of it."""
        began, id = perf_counter(), self._runtime.new_id()
        client, permit = Client(scope, receive, send), FREE
        headers: Headers = [(b"x-request-id", id.encode())]
        try:
            if client.method != "POST":
                raise CallerError("Use POST for this path.", status=405, code="method_not_allowed")
            key = self._entrance.key(client.headers)
            permit = self._runtime.limits.permit(id, key)
            await permit.begin()
            texts, several, hint = read(await client.body(self._runtime.body_limit))
            answers = await self._labels.read(texts, key.id)
            explain = explains(scope["query_string"])
            results = await self._results(texts, answers, key, hint, explain=explain)
            body = msgspec.json.encode(results if several else results[0])
            headers += self._told(answers, perf_counter() - began)
            await client.answer(200, [*headers, *permit.headers], body)
        except HalfpennyError as error:
            await client.refuse(error, [*headers, *permit.headers])
        except Exception:
            _LOG.exception("request %s failed inside Halfpenny", id)
            await client.refuse(HalfpennyError("Halfpenny failed to classify this."), headers)
        finally:
            permit.leave(0, 0)

    async def _results(
        self, texts: Sequence[str], answers: Sequence[Answer], key: Key, hint: str | None, explain: bool
    ) -> list[dict[str, Any]]:
        found = []
        for text, answer in zip(texts, answers, strict=True):
            label = answer.label(self._threshold)
            self._counts.text(label, answer.source, answer.unsure(self._threshold))
            result: dict[str, Any] = {"label": label, "confidence": round(answer.confidence, 4)}
            found.append(result | await self._explaining.of(text, answer, key, hint) if explain else result)
        return found

    def _told(self, answers: Sequence[Answer], seconds: float) -> Headers:
        sources = {answer.source for answer in answers}
        self._counts.request(next(source for source in _SLOWEST if source in sources), seconds)
        heads = ", ".join(dict.fromkeys(answer.head for answer in answers))
        return [
            (b"x-router-latency", f"{1000 * seconds:.2f}".encode()),
            (b"x-router-model", "".join(char if " " <= char <= "~" else "?" for char in heads).encode()),
            (b"content-type", b"application/json"),
        ]


def read(body: bytes) -> tuple[list[str], bool, str | None]:
    """The texts, whether a list of results is wanted, the topic's hint. Raises CallerError 400 naming the field."""
    fields(body)  # refuses what is no JSON object, or no UTF-8, with its reason
    asked = typed(_BODY, body)
    text = asked.text
    texts, several = (text, True) if isinstance(text, list) else ([text], False)
    if any(not each.strip() for each in texts):
        raise CallerError("'text' holds nothing to classify.", param="text", code="invalid_value")
    return texts, several, asked.topic_hint


def explains(query: bytes) -> bool:
    """Whether `?explain=1` was asked."""
    return parse_qs(query.decode("latin-1")).get("explain", [""])[-1].lower() in _YES
