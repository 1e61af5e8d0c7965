"""Limits that workers share through the accountant, and what becomes of them without it."""

from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic_ns

import pytest

from proxy.limits.bucket import Bucket, Charge
from proxy.limits.remote import RemoteMeter
from proxy.money.remote.client import RemoteLedger
from tests.doubles.eventually import eventually
from tests.doubles.offices import Office

THREE = (Charge(Bucket("r:requests", "requests", 3, 3)),)
ONE = (Charge(Bucket("r:parallel", "parallel", 1, 1)),)
TOKENS = Bucket("r:tokens", "tokens", 100, 100)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    made = Office(tmp_path)
    await made.open()
    yield made
    await made.aclose()


async def hired(office: Office) -> tuple[RemoteLedger, RemoteMeter]:
    ledger = office.worker()
    await ledger.connected(5)
    return ledger, RemoteMeter(ledger.line, monotonic_ns)


async def test_workers_share_a_limit(office: Office) -> None:
    (first, one), (second, two) = await hired(office), await hired(office)
    verdicts = [await meter.admit(str(n), THREE) for n, meter in enumerate((one, two, one, two))]
    assert [verdict.denied for verdict in verdicts] == [-1, -1, -1, 0]
    assert [verdict.levels[0].remaining for verdict in verdicts] == [2, 1, 0, 0]
    await one.admit("a", (Charge(TOKENS, 100),))
    one.leave("a", (Charge(TOKENS, -60),))
    assert (await one.admit("b", (Charge(TOKENS, 60),))).denied == -1
    await first.aclose()
    await second.aclose()


async def test_a_dead_workers_places_come_back(office: Office) -> None:
    (first, one), (second, two) = await hired(office), await hired(office)
    assert (await one.admit("a", ONE)).denied == -1
    assert (await two.admit("b", ONE)).denied == 0
    await first.aclose()
    await eventually(lambda: office.accountant.meter.inside == 0)
    assert (await two.admit("b", ONE)).denied == -1
    two.leave("b")
    two.leave("b")
    assert (await two.admit("c", ONE)).denied == -1
    await second.aclose()


async def test_without_the_accountant_limits_are_kept_locally_f37(office: Office) -> None:
    ledger, meter = await hired(office)
    await office.die()
    await eventually(lambda: not ledger.line.up.is_set())
    assert [(await meter.admit(str(n), THREE)).denied for n in range(4)] == [-1, -1, -1, 0]
    assert (await meter.admit("p", ONE)).denied == -1
    assert (await meter.admit("q", ONE)).denied == 0
    meter.leave("p")
    assert (await meter.admit("q", ONE)).denied == -1
    await office.open()
    await eventually(ledger.line.up.is_set)
    assert (await meter.admit("x", THREE)).denied == -1
    await ledger.aclose()


async def test_the_truth_goes_to_the_meter_that_took_the_charge(office: Office) -> None:
    """What one accountant charged, or nobody but the worker, is not given back by the next one."""
    ledger, meter = await hired(office)
    assert (await meter.admit("before", (Charge(TOKENS, 100),))).denied == -1
    await office.die()
    await eventually(lambda: not ledger.line.up.is_set())
    assert (await meter.admit("between", (Charge(TOKENS, 100),))).denied == -1
    await office.open()
    await eventually(ledger.line.up.is_set)
    assert (await meter.admit("after", (Charge(TOKENS, 100),))).denied == -1
    meter.leave("before", (Charge(TOKENS, -100),))
    meter.leave("between", (Charge(TOKENS, -100),))
    assert (await meter.admit("more", (Charge(TOKENS, 50),))).denied == 0
    meter.leave("after", (Charge(TOKENS, -50),))
    assert (await meter.admit("more", (Charge(TOKENS, 50),))).denied == -1
    await ledger.aclose()
