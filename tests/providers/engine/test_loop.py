"""The scheduler step by step, with real llama.cpp under it and no socket above it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from providers.engine.frames import Done, Failed, Turn
from tests.doubles.engines import GREETED
from tests.doubles.rooms import Room

Make = Callable[..., Room]


@pytest.fixture
def room() -> Make:
    return Room


def test_an_answer_ends_where_the_model_ends_it(room: Make, greeting: Path) -> None:
    made = room(greeting)
    job = made.ask("a")
    made.run()
    done = made.end("a")
    assert made.text("a") == GREETED
    assert isinstance(done, Done)
    assert (done.finish, done.usage.input, done.usage.output, done.usage.cached) == ("stop", len(job.prompt), 8, 0)


@pytest.mark.parametrize("limit", [1, 5, 6, 7])
def test_max_tokens_ends_it_with_length_and_no_half_character(room: Make, greeting: Path, limit: int) -> None:
    made = room(greeting)
    made.ask("a", max_tokens=limit)
    made.run()
    done = made.end("a")
    assert isinstance(done, Done)
    assert (done.finish, done.usage.output) == ("length", limit)
    assert made.text("a") == {1: "Hello", 5: "Hello world! ", 6: "Hello world! €", 7: GREETED}[limit]


def test_a_stop_string_ends_it(room: Make, greeting: Path) -> None:
    made = room(greeting)
    made.ask("a", stop=("o w", "never"))
    made.run()
    done = made.end("a")
    assert isinstance(done, Done)
    assert (made.text("a"), done.finish, done.usage.output) == ("Hell", "stop", 2)


def test_the_context_ends_it_with_length(room: Make, counting: Path) -> None:
    made = room(counting, context=64)
    job = made.ask("a", max_tokens=1000)
    made.run()
    done = made.end("a")
    assert isinstance(done, Done)
    assert (done.finish, len(job.prompt) + done.usage.output) == ("length", 64)


def test_everybody_speaks_in_every_step(room: Make, counting: Path) -> None:
    made = room(counting, slots=4)
    for who in "abcd":
        made.ask(who)
    made.step(6)
    before = {who: len(made.told[who]) for who in "abcd"}
    made.step(3)
    assert {who: len(made.told[who]) - before[who] for who in "abcd"} == dict.fromkeys("abcd", 3)


def test_a_long_prompt_delays_the_others_by_no_step(room: Make, counting: Path) -> None:
    made = room(counting, slots=2, context=1024)
    made.ask("a", max_tokens=200)
    made.step(1)
    made.ask("b", "x" * 500)
    made.step(5)
    assert len(made.told["a"]) == 6
    assert made.told["b"] == []


def test_a_cancelled_conversation_says_nothing_more(room: Make, counting: Path) -> None:
    made = room(counting)
    job = made.ask("a")
    made.step(3)
    before = len(made.told["a"])
    made.loop.cancel(job)
    assert not made.loop.busy
    made.step(3)
    assert len(made.told["a"]) == before


def test_a_prefix_is_reused_by_its_tenant_only(room: Make, greeting: Path) -> None:
    made = room(greeting, slots=1)
    cached = []
    for who, tenant in (("first", "a"), ("again", "a"), ("other", "b"), ("back", "a"), ("nobody", ""), ("none", "")):
        made.ask(who, "the same long question", tenant)
        made.run()
        done = made.end(who)
        assert isinstance(done, Done)
        assert made.text(who) == GREETED
        cached.append(done.usage.cached)
    length = len(made.template.prompt([Turn("user", "the same long question")]).tokens)
    assert cached == [0, length - 1, 0, 0, 0, 0]


def test_a_busy_prefix_is_shared_within_the_tenant(room: Make, counting: Path) -> None:
    made = room(counting, slots=3)
    made.ask("first", "question one", "a")
    made.step(2)
    made.ask("second", "question two", "a")
    made.ask("third", "question two", "b")
    made.run()
    used = [made.end(who) for who in ("second", "third")]
    shared = len(made.model.tokenize("<|im_start|>user\nquestion ", special=True))
    assert [done.usage.cached for done in used if isinstance(done, Done)] == [shared, 0]
    assert made.text("first") == made.text("second") == made.text("third")


def test_the_queue_is_fair_bounded_and_has_a_deadline(room: Make, counting: Path) -> None:
    made = room(counting, slots=1, queue=3)
    made.ask("busy", tenant="a", max_tokens=3)
    for who, tenant, patience in (("a1", "a", 100), ("a2", "a", 5), ("b1", "b", 100), ("late", "c", 100)):
        made.ask(who, tenant=tenant, patience=patience)
    full = made.end("late")
    assert isinstance(full, Failed)
    assert (full.status, full.code) == (429, "local_queue_full")
    assert full.retry_after is not None and full.retry_after >= 1
    assert made.loop.stats().waiting == 3
    made.clock.now = 6
    made.step()
    expired = made.end("a2")
    assert isinstance(expired, Failed) and expired.code == "local_queue_full"
    made.run()
    assert [isinstance(made.end(who), Done) for who in ("busy", "a1", "b1")] == [True] * 3


def test_without_cells_idle_prefixes_go_first_then_the_youngest(room: Make, counting: Path) -> None:
    made = room(counting, slots=2, context=256, cells=256)
    made.ask("idle", "x" * 150, "a", max_tokens=1)
    made.run()
    made.ask("one", "y" * 150, "b", max_tokens=5)
    made.run()
    assert isinstance(made.end("one"), Done)
    made.ask("two", "z" * 90, "c", max_tokens=100)
    made.ask("three", "z" * 90, "d", max_tokens=100)
    made.run()
    youngest = made.end("three")
    assert isinstance(youngest, Failed) and youngest.code == "local_model_overloaded"
    assert isinstance(made.end("two"), Done)
    assert made.text("two") == " one two three four" * 25


def test_stats_tell_how_busy_it_is(room: Make, counting: Path) -> None:
    made = room(counting, slots=1)
    assert (made.loop.stats().active, made.loop.stats().expected_wait) == (0, 0)
    made.ask("a")
    made.ask("b")
    stats = made.loop.stats()
    assert (stats.active, stats.waiting) == (1, 1)
    assert stats.expected_wait > 0


def test_the_expected_wait_falls_with_each_step_to_the_true_one(room: Make, counting: Path) -> None:
    made = room(counting, slots=1)

    def step() -> None:
        made.clock.now += 1.0
        made.step()

    made.ask("measured")
    while made.loop.busy:
        step()
    made.ask("running")
    waits: list[float] = []
    while made.loop.busy:
        waits.append(made.loop.stats().expected_wait)
        step()
    assert len(waits) == 20
    assert waits == pytest.approx([float(left) for left in range(20, 0, -1)], abs=1.0)
