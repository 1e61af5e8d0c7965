"""Fixtures that every test may use."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.doubles.house import PRICED, House, house
from tests.doubles.upstream import Upstream


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """A scripted upstream that answers every call sensibly."""
    async with Upstream() as served:
        yield served


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """A running proxy with one priced model, `paid`, at that upstream."""
    async with house(tmp_path, PRICED.format(url=upstream.base_url)) as served:
        yield served


@pytest.fixture
async def client(home: House) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of `home` with its key."""
    headers = {"authorization": f"Bearer {home.key}"}
    async with httpx.AsyncClient(base_url=home.url, headers=headers, timeout=30) as made:
        yield made
