"""Two replicas on one Redis and one Postgres share their limits as they share their money."""

from pathlib import Path

import httpx

from tests.doubles.house import PRICED, house
from tests.doubles.stores import Stores, servers, stores
from tests.doubles.upstream import Upstream

__all__ = ["servers", "stores"]
BODY = b'{"model":"paid","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}'
GROWN = """
store: {{redis: "{redis}", postgres: "{postgres}"}}
limits:
  - {{name: all, requests_per_minute: 6, parallel: 50}}
"""


async def test_two_replicas_let_in_together_what_is_allowed(upstream: Upstream, stores: Stores, tmp_path: Path) -> None:
    config = PRICED.format(url=upstream.base_url) + GROWN.format(redis=stores.redis.url, postgres=stores.url)
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    statuses = []
    async with house(folders[0], config) as one, house(folders[1], config) as two, httpx.AsyncClient() as asking:
        for number in range(10):
            home = (one, two)[number % 2]
            headers = {"authorization": f"Bearer {home.key}"}
            reply = await asking.post(f"{home.url}/chat/completions", content=BODY, headers=headers, timeout=30)
            statuses.append((reply.status_code, reply.headers["x-ratelimit-remaining-requests"]))
    assert statuses == [*((200, str(left)) for left in (5, 4, 3, 2, 1, 0)), *[(429, "0")] * 4]
