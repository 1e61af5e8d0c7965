"""Asks models through a running Halfpenny, one call after the other, and never spends more than it may.

Each call carries `x-halfpenny-max-cost-usd` with all that is left: the server, which knows prices and bounds the
answer, refuses before it spends. What a call did cost is `usage.cost` of its answer.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec import Struct

from proxy.cli.router_words import Refused

TRIES = 5
PATIENCE = 600.0
_LIMIT = "x-halfpenny-max-cost-usd"


class Said(Struct, frozen=True):
    """An answer, and what it cost in dollars."""

    text: str
    cost: Decimal


class NothingLeft(Exception):
    """The next call could cost more than is left."""


class Asker:
    """`left` is what may still be spent, in dollars."""

    def __init__(self, url: str, key: str, left: Decimal, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url, self._key, self.left, self._sleep = url.rstrip("/"), key, left, sleep

    def ask(self, model: str, prompt: str, max_tokens: int) -> Said:
        """One answer of one model. Raises NothingLeft or Refused."""
        if self.left < 0:
            raise NothingLeft
        body = {"model": model, "messages": [{"role": "user", "content": prompt}], "max_tokens": max_tokens}
        answer = self._patiently(json.dumps(body).encode())
        said = _said(answer)
        self.left -= said.cost
        return said

    def _patiently(self, body: bytes) -> dict[str, Any]:
        """Who is busy is asked again, as late as it says."""
        for attempt in range(TRIES):
            try:
                return self._once(body)
            except urllib.error.HTTPError as error:
                self._judge(error, last=attempt == TRIES - 1)
                self._sleep(float(error.headers.get("retry-after") or 2**attempt))
            except (OSError, ValueError) as error:
                raise Refused(f"{self._url} cannot be asked: {getattr(error, 'reason', error)}") from None
        raise AssertionError("the last attempt answers or raises")

    def _once(self, body: bytes) -> dict[str, Any]:
        head = {"content-type": "application/json", "authorization": f"Bearer {self._key}"}
        head[_LIMIT] = f"{self.left:f}"
        request = urllib.request.Request(f"{self._url}/chat/completions", body, head)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return dict(json.loads(answer.read(), parse_float=Decimal))

    def _judge(self, error: urllib.error.HTTPError, last: bool) -> None:
        """What is no use to try again. Raises NothingLeft or Refused."""
        told = _told(error)
        if told.get("param") == _LIMIT:
            raise NothingLeft from None
        again = error.code in (429, 502, 503, 504) and error.headers.get("x-should-retry") != "false"
        if last or not again:
            raise Refused(f"{self._url} refused with {error.code}: {told.get('message', error.reason)}") from None


def _told(error: urllib.error.HTTPError) -> dict[str, Any]:
    try:
        return dict(json.loads(error.read())["error"])
    except (ValueError, KeyError, TypeError):
        return {}


def _said(answer: dict[str, Any]) -> Said:
    """Raises Refused when this is no answer of a Halfpenny: without a cost no limit can be kept."""
    try:
        text, cost = answer["choices"][0]["message"]["content"], answer["usage"]["cost"]
    except (KeyError, IndexError, TypeError):
        raise Refused("the answer tells no cost: --url must name a Halfpenny, as http://127.0.0.1:8000/v1") from None
    return Said(text or "", Decimal(cost))
