"""Redis or Postgres goes away under a running Halfpenny: what its clients and its operator read. F37, F41."""

from pathlib import Path

import httpx
import pytest

from proxy.money.leased.verify import verify
from proxy.money.ledger import Granted, LedgerUnavailable
from routing.budget import Scope
from tests.doubles.eventually import in_time
from tests.doubles.house import PRICED, house
from tests.doubles.ledgers import hold, settled
from tests.doubles.stores import Stores
from tests.doubles.upstream import Upstream

STORE = '\nstore: {{redis: "{redis}", postgres: "{postgres}"}}\n'
RULES = (
    "  free: {{provider: up, price: free}}\n"
    "budgets: [{{name: mine, key: tester, limit: $1}}]\n"
    "limits: [{{name: each, per_key: true, requests_per_minute: 100000}}]\n"
)
BODY = b'{"model":"%s","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}'
WIDE = Scope("wide", 0, 2_000_000_000, 10**6)
FEW = 40
MANY = 12


async def test_f37_budgets_close_all_else_is_served_and_each_change_is_one_line(
    stores: Stores, tmp_path: Path, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    text = PRICED + RULES + STORE
    config = text.format(url=upstream.base_url, redis=stores.redis.url, postgres=stores.url)
    async with (
        house(tmp_path, config) as home,
        httpx.AsyncClient(base_url=home.url, timeout=30) as client,
    ):
        _, other = home.keys.create("nobody-counts-me")

        async def ask(model: bytes, key: str = home.key) -> httpx.Response:
            head = {"authorization": f"Bearer {key}"}
            return await client.post("/chat/completions", content=BODY % model, headers=head)

        async def paid(status: int) -> bool:
            return (await ask(b"paid")).status_code == status

        await in_time(lambda: paid(200))
        caplog.clear()
        stores.redis.kill()
        await in_time(lambda: paid(503))  # what is leased may be used up first
        for _ in range(MANY):
            refused = await ask(b"paid")
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "budget_store_unavailable")
            assert (refused.headers["retry-after"], refused.headers["x-should-retry"]) == ("1", "true")
            assert (await ask(b"free")).status_code == 200
            assert (await ask(b"paid", other)).status_code == 200  # no budget counts it
        stores.redis.start()
        await in_time(lambda: paid(200))

        async def limited_again() -> bool:  # Redis is asked once a second
            return await paid(200) and "keeps the limits again" in caplog.text

        await in_time(limited_again)
        said = [record.getMessage() for record in caplog.records]
        for once in ("does not keep the limits", "keeps the limits again", "Redis is away", "Redis is back"):
            assert any(once in line for line in said)
        assert len(said) < MANY  # a line a change (a busy machine may see more than one), not one a request


async def test_f41_what_postgres_does_not_take_is_bounded_and_lost_never(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.money.leased.accounts.MOST_ROWS", FEW)
    async with stores.worker() as ledger:
        assert await ledger.reserve(hold("first", 10, WIDE)) == Granted()
        await ledger.settle(settled("first", 1))
        stores.postgres.stop()
        ended = 1
        try:
            with pytest.raises(LedgerUnavailable, match="too far behind") as refused:
                for n in range(10 * FEW):
                    assert await ledger.reserve(hold(f"n{n}", 10, WIDE)) == Granted()
                    await ledger.settle(settled(f"n{n}", 1))
                    ended += 1
        finally:
            stores.postgres.start()
        assert (refused.value.status, refused.value.retry_after) == (503, 1)
        assert FEW <= ended <= FEW + 2

        async def again() -> bool:
            try:
                return await ledger.reserve(hold("after", 10, WIDE)) == Granted()
            except LedgerUnavailable:
                return False

        await in_time(again)
        await ledger.settle(settled("after", 1))
        await ledger.flush()
        await in_time(lambda: verify(ledger))
        assert (await stores.counter(ledger, ("wide", 0)))[0] == ended + 1 == len(await stores.rows(ledger))
