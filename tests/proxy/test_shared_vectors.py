"""Vectors that replicas share: what one made another finds, of the right length or not at all."""

import logging
import os
from hashlib import sha256
from time import monotonic

import pytest

from providers.engine.inputs import Inputs
from providers.engine.vector_cache import Known, LocalCache, Shape, keys
from proxy.shared_vectors import MOST, QUIET, SharedVectors
from tests.doubles.redis_server import MISSING, PROGRAM, RedisServer

pytestmark = pytest.mark.skipif(not PROGRAM, reason=MISSING)
PATIENT = 5.0
SHAPE = Shape(4, 4)
VECTOR = bytes(range(16))
A, B = keys(Inputs(("my secret text", "another one")), "key_1", "model")


def replica(url: str, size: int = 1 << 20, near: LocalCache | None = None) -> SharedVectors:
    near = near if near is not None else LocalCache(1 << 20, 60, monotonic)
    return SharedVectors(near, url, "encoder", size, 60, monotonic, PATIENT)


async def test_what_one_made_another_finds_and_then_keeps_itself() -> None:
    with RedisServer() as server:
        one, other = replica(server.url), replica(server.url)
        await one.keep({A: Known(VECTOR, 3)}, SHAPE)
        await one.far.written()
        assert await other.find([B, A], SHAPE) == [None, Known(VECTOR, 3)]
        server.kill()
        assert await other.find([A], SHAPE) == [Known(VECTOR, 3)]
        assert other.far.errors == 0
        await one.aclose()
        await other.aclose()


async def test_neither_a_text_nor_whose_it_is_stands_in_redis() -> None:
    with RedisServer() as server:
        made = replica(server.url)
        await made.keep({A: Known(VECTOR, 3)}, SHAPE)
        await made.far.written()
        (name,) = [word for word in server.say("KEYS", "*").split() if word.startswith(b"halfpenny:")]
        kept = server.say("GET", name.decode())
        assert VECTOR in kept and A in kept
        assert not any(word in name + kept for word in (b"secret", b"text", b"key_1", b"model"))
        assert 0 < int(server.say("TTL", name.decode()).strip(b":\r\n")) <= 60
        await made.aclose()


async def test_a_vector_of_another_length_or_model_or_owner_is_not_known() -> None:
    with RedisServer() as server:
        one, other = replica(server.url), replica(server.url)
        await one.keep({A: Known(VECTOR, 3)}, SHAPE)
        await one.far.written()
        assert await other.find([A], Shape(3, 4)) == [None]
        asked = Inputs(("my secret text",))
        others = [*keys(asked, "key_2", "model"), *keys(asked, "key_1", "model 2"), *keys(asked, "", "model")]
        assert await other.find(others, SHAPE) == [None] * 3
        assert await other.find([A], SHAPE) == [Known(VECTOR, 3)]
        await one.aclose()
        await other.aclose()


async def test_room_in_redis_is_bounded_in_bytes() -> None:
    with RedisServer() as server:

        def used() -> int:
            return int(server.say("INFO", "memory").split(b"used_memory:")[1].split()[0])

        size, shape = 4 << 20, Shape(384, 384)
        made = replica(server.url, size, LocalCache(0, 60, monotonic))
        await made.far.find([A])
        before = used()
        for _ in range(25):
            await made.keep({os.urandom(32): Known(bytes(4 * 384), 5) for _ in range(200)}, shape)
            await made.far.written()
        assert 0.7 * size < used() - before < size + (1 << 20)  # a megabyte of Redis's own: tables, buffers
        await made.aclose()


async def test_of_a_long_list_redis_is_asked_for_a_part() -> None:
    with RedisServer() as server:
        one, other = replica(server.url, 1 << 26), replica(server.url, 1 << 26)
        many = {sha256(number.to_bytes(4)).digest(): Known(VECTOR, number) for number in range(MOST + 10)}
        await one.keep(many, SHAPE)
        await one.far.written()
        found = await other.find(list(many), SHAPE)
        assert sum(each is not None for each in found[:MOST]) > 0.95 * MOST
        assert found[MOST:] == [None] * 10
        assert all(each in (None, known) for each, known in zip(found, many.values(), strict=True))
        await one.aclose()
        await other.aclose()


async def test_one_that_is_away_is_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    near = LocalCache(1 << 20, 1000, lambda: now[0])
    made = SharedVectors(near, "redis://:hush@127.0.0.1:1/0", "encoder", 1 << 20, 60, lambda: now[0], PATIENT)
    with caplog.at_level(logging.WARNING, "halfpenny"):
        await made.keep({A: Known(VECTOR, 3)}, SHAPE)
        for _ in range(5):
            assert await made.find([A, B], SHAPE) == [Known(VECTOR, 3), None]
            now[0] += QUIET / 5 + 1
        await made.aclose()
    assert len(caplog.records) == 1
    assert "hush" not in caplog.text
