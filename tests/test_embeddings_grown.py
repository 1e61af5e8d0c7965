"""Two replicas and one Redis: what one has read the other need not, where keys may share; else each has its own."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.doubles import ggufs
from tests.doubles.serving import Served, serving
from tests.doubles.stores import Stores, servers, stores

__all__ = ["servers", "stores"]
CONFIG = """
server: {{port: 0}}
store: {{redis: "{redis}", postgres: "{postgres}"}}
providers:
  encoder: {{dialect: encoder, model: {model}, threads: 1, cache_shared: {shared}}}
models:
  axes: {{provider: encoder}}
"""


def ask(served: Served, text: str) -> tuple[str, list[float]]:
    """Where the answer came from, and the vector."""
    headers = {"authorization": f"Bearer {served.key}"}
    body = {"model": "axes", "input": text, "encoding_format": "float"}
    answer = httpx.post(f"{served.url}/embeddings", json=body, headers=headers, timeout=60).raise_for_status()
    return answer.headers["x-halfpenny-route"], answer.json()["data"][0]["embedding"]


@pytest.mark.parametrize("shared", [True, False])
async def test_what_one_replica_read_the_other_finds_only_if_keys_may_share(
    stores: Stores, tmp_path: Path, shared: bool
) -> None:
    places = {"redis": stores.redis.url, "postgres": stores.url, "shared": str(shared).lower()}
    folders = [tmp_path / name for name in ("one", "two")]
    models = []
    for folder in folders:
        folder.mkdir()
        models.append(ggufs.embedder(folder / "axes.gguf"))
    configs = [CONFIG.format(model=model, **places) for model in models]
    with serving(folders[0], configs[0]) as one, serving(folders[1], configs[1]) as two:
        routes: list[str] = []
        for number in range(1, 20):  # whoever was late for Redis tries with another text
            before, text = stores.redis.say("DBSIZE"), "ab" * number
            route, vector = ask(one, text)
            assert route == "local"
            if await changed(stores, before):
                route, same = ask(two, text)
                assert same == pytest.approx(vector, abs=1e-6)
                routes.append(route)
            if "cache" in routes or (len(routes) == 3 and not shared):
                break
        assert routes and ("cache" in routes) == shared
        assert b"halfpenny:vector:encoder:" in stores.redis.say("KEYS", "halfpenny:vector:*")


async def changed(stores: Stores, before: bytes) -> bool:
    """Whether there are other things in Redis, a second later at most."""
    for _ in range(100):
        if stores.redis.say("DBSIZE") != before:
            return True
        await asyncio.sleep(0.01)
    return False
