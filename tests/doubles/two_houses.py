"""A running proxy before two scripted upstreams: one speaks OpenAI's format, one Anthropic's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from tests.doubles.house import House, house
from tests.doubles.upstream import Upstream

TWO = """
providers:
  open: {{dialect: openai, base_url: "{open}", credential: upstream-secret{open_more}}}
  anthropic: {{dialect: anthropic, base_url: "{anthropic}", credential: upstream-secret{anthropic_more}}}
models:
  paid: {{provider: open, upstream: upstream-1, price: {{input: $2.50, output: $10}}}}
  claude:
    provider: anthropic
    upstream: claude-haiku-4-5
    price: {{input: $1, output: $5, cached: $0.10, cache_write: $1.25}}
{more}
"""
"""`claude` costs 1 000 n$ a prompt token (100 from a cache, 1 250 into one) and 5 000 n$ an answer token."""


class Both(Struct, frozen=True):
    """The proxy and what stands behind it."""

    home: House
    open: Upstream
    anthropic: Upstream


@asynccontextmanager
async def both(folder: Path, *, open_more: str = "", anthropic_more: str = "", more: str = "") -> AsyncIterator[Both]:
    """Serve both models; `…_more` are further fields of a provider (`, drop: [top_k]`), `more` further sections."""
    async with Upstream() as open, Upstream() as anthropic:
        config = TWO.format(
            open=open.base_url,
            anthropic=anthropic.base_url,
            open_more=open_more,
            anthropic_more=anthropic_more,
            more=more,
        )
        async with house(folder, config) as home:
            yield Both(home, open, anthropic)
