"""Tier 1's questions: answered in time or given up, cancelled, never piled up, never an error."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec import structs

from proxy.vectors import FIRST, REST, TRIES, EncoderVectors, Heard
from tests.doubles.eventually import eventually
from tests.doubles.scripted_encoder import READY, ScriptedEncoder, scripted_encoder

LONG = 30.0
"""Seconds that no answer takes on any machine."""


class Asking:
    """An `EncoderVectors` with a clock of the test's, and what it told."""

    def __init__(self, path: Path, deadline: float) -> None:
        self.now = 0.0
        self.told: list[Heard] = []
        self.vectors = EncoderVectors(str(path), 60.0, deadline, "scripted", 2, self.hear, lambda: self.now)

    def hear(self, heard: Heard, seconds: float) -> None:
        self.told.append(heard)

    async def of(self, text: str = "x") -> bytes | None:
        return await self.vectors.of(text)


@asynccontextmanager
async def asking(path: Path, deadline: float = LONG, *, connected: bool = True) -> AsyncIterator[Asking]:
    made = Asking(path, deadline)
    made.vectors.open()
    try:
        if connected:
            await eventually(lambda: made.vectors.ready)
        yield made
    finally:
        await made.vectors.aclose()


@pytest.fixture
async def encoder(tmp_path: Path) -> AsyncIterator[ScriptedEncoder]:
    async with scripted_encoder(tmp_path / "e.sock") as served:
        yield served


async def test_a_vector_that_comes_in_time_is_given(encoder: ScriptedEncoder, tmp_path: Path) -> None:
    async with asking(tmp_path / "e.sock") as made:
        assert await made.of("what is it?") == encoder.vector
    assert made.told == ["heard"]
    assert [each.texts for each in encoder.asked] == [("what is it?",)]


async def test_what_is_late_is_given_up_and_cancelled_in_the_encoder(encoder: ScriptedEncoder, tmp_path: Path) -> None:
    encoder.behave("silence")
    async with asking(tmp_path / "e.sock", 0.02) as made:
        assert await made.of() is None
        await eventually(lambda: encoder.cancelled == [each.id for each in encoder.asked] != [])
    assert made.told == ["late"]


async def test_one_that_is_late_again_and_again_is_left_alone_and_tried_again(
    encoder: ScriptedEncoder, tmp_path: Path
) -> None:
    encoder.behave("silence")
    async with asking(tmp_path / "e.sock", 0.02) as made:
        for _ in range(TRIES + 5):
            await made.of()
        assert made.told == ["late"] * TRIES + ["resting"] * 5
        made.now += REST
        await asyncio.gather(*(made.of() for _ in range(5)))
        assert sorted(made.told[-5:]) == ["late", *["resting"] * 4], "one tries for all"
        assert len(encoder.asked) == TRIES + 1


async def test_no_more_are_out_at_once_than_come_in_time(encoder: ScriptedEncoder, tmp_path: Path) -> None:
    async with asking(tmp_path / "e.sock") as made:
        await asyncio.gather(*(made.of() for _ in range(20)))
        assert made.told.count("heard") == FIRST
        assert made.told.count("busy") == 20 - FIRST
        for _ in range(40):
            await made.of()
        made.told.clear()
        await asyncio.gather(*(made.of() for _ in range(20)))
        assert FIRST < made.told.count("heard") < 20, "what answers in time may be asked more"


async def test_one_that_answers_again_is_asked_by_everybody(encoder: ScriptedEncoder, tmp_path: Path) -> None:
    async with asking(tmp_path / "e.sock") as made:
        made.vectors._late = TRIES
        assert await made.of() == encoder.vector
        assert await made.of() == encoder.vector


async def test_a_refusal_is_no_opinion(encoder: ScriptedEncoder, tmp_path: Path) -> None:
    encoder.behave("refuse")
    async with asking(tmp_path / "e.sock") as made:
        assert await made.of() is None
    assert made.told == ["failed"]


async def test_where_nobody_listens_nobody_waits_and_who_comes_later_is_found(tmp_path: Path) -> None:
    async with asking(tmp_path / "e.sock", connected=False) as made:
        assert await made.of() is None
        assert made.told == ["absent"]
        async with scripted_encoder(tmp_path / "e.sock") as encoder:
            await eventually(lambda: made.vectors.ready)
            assert await made.of() == encoder.vector


async def test_a_crash_is_no_opinion_and_the_next_process_is_found(tmp_path: Path) -> None:
    async with asking(tmp_path / "e.sock", connected=False) as made:
        async with scripted_encoder(tmp_path / "e.sock") as encoder:
            await eventually(lambda: made.vectors.ready)
            encoder.behave("silence")
            asked = asyncio.create_task(made.of())
            await eventually(lambda: encoder.asked)
            encoder.hang_up()
            assert await asked is None
        (tmp_path / "e.sock").unlink(missing_ok=True)
        assert await made.of() is None
        assert made.told == ["failed", "absent"]
        async with scripted_encoder(tmp_path / "e.sock") as encoder:
            await eventually(lambda: made.vectors.ready)
            assert await made.of() == encoder.vector


@pytest.mark.parametrize("other", [structs.replace(READY, name="e5"), structs.replace(READY, width=3)])
async def test_an_encoder_that_the_head_does_not_know_is_not_asked_and_told_once(
    other: object, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(other, type(READY))
    async with scripted_encoder(tmp_path / "e.sock", other) as encoder, asking(tmp_path / "e.sock") as made:
        with caplog.at_level(logging.ERROR):
            assert [await made.of(), await made.of()] == [None, None]
        assert encoder.asked == []
    assert len(caplog.records) == 1
    assert "was fitted to scripted (2 numbers)" in caplog.text


async def test_a_client_that_leaves_takes_its_question_back(encoder: ScriptedEncoder, tmp_path: Path) -> None:
    encoder.behave("silence")
    async with asking(tmp_path / "e.sock") as made:
        asked = asyncio.create_task(made.of())
        await eventually(lambda: encoder.asked)
        asked.cancel()
        await asyncio.wait([asked])
        assert asked.cancelled()
        await eventually(lambda: encoder.cancelled == [encoder.asked[0].id])
