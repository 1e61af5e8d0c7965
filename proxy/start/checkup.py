"""What `halfpenny doctor` looks at: whether every part of a configuration would work, without spending anything.

A provider is asked for its list of models, which costs nothing, with the headers that a real request would have.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct, structs

from providers.base import Dialect, Outgoing
from providers.endpoint import Endpoint, Timeouts
from providers.errors import HalfpennyError
from providers.http.connection import Stale
from providers.http.pool import Pool
from providers.http.response import Head
from providers.words import Call, Message, Sent, View
from proxy.config.catalogue import catalogue
from proxy.config.describe import doubt
from proxy.config.schema import AnyProvider, Config, Local, off
from proxy.money.schema import LedgerRefused

PATIENCE = Timeouts(connect=5.0, first_byte=10.0, idle=5.0, total=20.0)
LITTLE_DISK = 1 << 30
"""Bytes free in the data folder below which it is told."""
SKEW = 120.0
"""Seconds that a provider's clock may differ from ours; signatures and windows of budgets go by the clock."""
FREE = {"slm": "/healthz"}
"""Where a dialect can be asked for nothing, other than at `/models`; `""`: nowhere."""
SIGNED = "x-amz-date"

State = Literal["ok", "warning", "broken"]


class Finding(Struct, frozen=True):
    """One part, how it is, and what to do about it."""

    part: str
    state: State
    told: str


async def findings(config: Config, data: Path) -> AsyncIterator[Finding]:
    """Every part, as it has been looked at."""
    yield _disk(data)
    for name, provider in config.providers.items():
        yield await _provider(f"provider {name}", provider)
    if config.store.redis:
        yield await _stores(config, data)
    for found in _rules(config):
        yield found


def _disk(data: Path) -> Finding:
    if not os.access(data, os.W_OK):
        return Finding("data folder", "broken", f"{data} cannot be written; set HALFPENNY_DATA to a folder that can")
    free = shutil.disk_usage(data).free
    if free < LITTLE_DISK:
        left = f"{data} has {free / 2**30:.1f} GiB left"
        return Finding("data folder", "warning", f"{left}; with a full disk paid models refuse")
    return Finding("data folder", "ok", f"{data}, {free / 2**30:.0f} GiB free")


async def _provider(part: str, provider: AnyProvider) -> Finding:
    if reason := off(provider):
        return Finding(part, "warning", f"off: {reason}")
    if isinstance(provider, Local):
        why = doubt(provider)
        return Finding(part, "broken" if why else "ok", why or f"{provider.model} is here and can be read")
    path = FREE.get(str(provider.__struct_config__.tag), "/models")
    headers = _headers(provider)
    try:
        head = await _asked(structs.replace(provider, timeouts=PATIENCE), path, headers)
    except (HalfpennyError, Stale, ValueError) as error:
        return Finding(part, "broken", f"{provider.base_url}: {error or 'it closed the connection'}")
    if skew := _skew(head):
        return Finding(part, "warning", f"its clock and ours differ by {skew:.0f} s: set this machine's clock")
    if head.status in (401, 403) and any(name == SIGNED for name, _ in headers):
        return Finding(part, "ok", "it can be reached; whether it takes the access key, only a paid call would tell")
    if head.status in (401, 403):
        return Finding(part, "broken", f"it refuses the credential (status {head.status})")
    if head.status >= 500:
        return Finding(part, "broken", f"it answers with status {head.status}")
    return Finding(part, "ok", "it can be reached" + (" and takes the credential" if head.status == 200 else ""))


def _headers(provider: Dialect) -> tuple[tuple[str, str], ...]:
    """Those of a real request, but for its body's."""
    view = View("x", (Message("user", "hi"),), max_output=1)
    outgoing = provider.request(Call("chat", "chat", {}, view, 2), Sent("x", max_output=1))
    return tuple(pair for pair in outgoing.headers if pair[0] != "content-type")


async def _asked(endpoint: Endpoint, path: str, headers: tuple[tuple[str, str], ...]) -> Head:
    """The head of the answer to a GET. Raises ProviderError."""
    pool = Pool(endpoint)
    try:
        request = pool.encode(Outgoing("GET", path, headers, b""))
        connection = await pool.lend(fresh=True)
        try:
            connection.send(request, pool.timeouts)
            return await connection.head()
        finally:
            pool.give_back(connection)
    finally:
        await pool.aclose()
        await asyncio.sleep(0)  # asyncio closes an aborted socket in its next round


def _skew(head: Head) -> float:
    """Seconds between the two clocks, where it matters and is told."""
    try:
        theirs = parsedate_to_datetime(head.headers.get("date", ""))
    except (ValueError, TypeError):
        return 0.0
    apart = abs((datetime.now(UTC) - theirs).total_seconds())
    return apart if apart > SKEW else 0.0


async def _stores(config: Config, data: Path) -> Finding:
    """Redis and Postgres, opened as the server opens them."""
    from proxy.money.leased.opening import open_leased  # needs the extra `grown`

    try:
        ledger = await open_leased(
            config.store.redis.reveal(), config.store.postgres.reveal(), data, lambda _notice: None, config.budgets
        )
    except LedgerRefused as error:
        return Finding("store", "broken", str(error))
    await ledger.aclose()
    return Finding("store", "ok", "Redis and Postgres answer and are set up as money needs them")


def _rules(config: Config) -> list[Finding]:
    """What is missing although every part works."""
    found = []
    if not catalogue(config).entries:
        found.append(Finding("models", "broken", "no model is served: name one under `models:`, see docs/providers.md"))
    if not config.budgets:
        found.append(Finding("budgets", "warning", "nothing limits what is spent: see `budgets:` in docs/money.md"))
    return found
