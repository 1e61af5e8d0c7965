"""What one request asks of us: by headers or in its body."""

import asyncio

import pytest
from msgspec import Raw

from providers.errors import CallerError, TimedOut
from proxy.wishes import NO_WISHES, Wishes, deadline, wishes
from routing.gates import Wish


def test_nothing_asked() -> None:
    assert wishes({b"x-halfpenny-other": b"1", b"accept": b"*/*"}, Raw()) is NO_WISHES


def test_null_asks_nothing() -> None:
    assert wishes({}, Raw(b"null")) is NO_WISHES
    assert wishes({b"x-halfpenny-no-store": b"true"}, Raw(b"null")).no_store


def test_headers_are_read() -> None:
    headers = {
        b"x-halfpenny-route": b"local",
        b"x-halfpenny-max-cost-usd": b"0.01",
        b"x-halfpenny-timeout-ms": b"1500",
        b"x-halfpenny-no-store": b"true",
    }

    found = wishes(headers, Raw())

    assert found == Wishes("local", "0.01", 1500, True)
    assert found.routing() == Wish("local", 10_000_000)


def test_the_body_says_the_same_and_headers_win() -> None:
    body = Raw(b'{"route":"local","max_cost_usd":0.000001}')

    found = wishes({b"x-halfpenny-route": b"upstream"}, body)

    assert found.routing() == Wish("upstream", 1000)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({b"x-halfpenny-route": b"moon"}, b""),
        ({b"x-halfpenny-timeout-ms": b"soon"}, b""),
        ({b"x-halfpenny-timeout-ms": b"0"}, b""),
        ({}, b'{"rute":"local"}'),
        ({}, b"[]"),
    ],
)
def test_what_cannot_be_read_is_refused(headers: dict[bytes, bytes], body: bytes) -> None:
    with pytest.raises(CallerError) as caught:
        wishes(headers, Raw(body))

    assert (caught.value.status, caught.value.param) == (400, "halfpenny")


def test_an_amount_that_is_none_is_refused() -> None:
    with pytest.raises(CallerError) as caught:
        Wishes(max_cost_usd="much").routing()

    assert caught.value.param == "max_cost_usd"


async def test_the_deadline_ends_what_takes_too_long() -> None:
    with pytest.raises(TimedOut, match="10 ms"):
        async with deadline(10):
            await asyncio.Event().wait()
