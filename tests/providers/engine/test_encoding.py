"""Dynamic batching step by step, with real llama.cpp under it and no socket above it."""

from array import array
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from providers.engine.encoding import Encoding, Texts
from providers.engine.frames import Failed, Vectors
from providers.engine.gathering import Gathering
from providers.engine.llama import Model
from providers.engine.pooled import Pooled
from tests.doubles import ggufs

AXES = {"a": (1.0, 0.0), "b": (0.0, 1.0), "ab": (0.7071, 0.7071)}


class Bench:
    """A scheduler over the two-token model, and what each request was told, by the number of the step."""

    def __init__(self, folder: Path, *, queue: int = 8, truncate: bool = False, batch: int = 16) -> None:
        self.model = Model(ggufs.embedder(folder / "axes.gguf"), lambda _share: True)
        self.memory = Pooled(self.model, tokens=4, sequences=3, threads=1)
        self.now = 0.0
        self.encoding: Encoding[str] = Encoding(
            self.model,
            self.memory,
            Gathering(batch, 0.01, lambda: self.now),
            context=4,
            queue=queue,
            truncate=truncate,
            clock=lambda: self.now,
        )
        self._ids = count(1)

    def ask(
        self, name: str, *texts: str, tenant: str = "", deadline: float = 10.0, dimensions: int | None = None
    ) -> Texts[str]:
        asked = Texts(name, next(self._ids), tenant or name, texts, deadline, dimensions)
        refused = self.encoding.submit(asked)
        assert refused is None, refused
        return asked

    def run(self) -> list[list[str]]:
        """Step until there is nothing to do: who was done in each step."""
        done = []
        while self.encoding.busy:
            done.append([asked.owner for asked, said in self.encoding.step() if isinstance(said, Vectors)])
        return done


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.memory.close()
    made.model.close()


def axes(vectors: tuple[bytes, ...]) -> list[tuple[float, ...]]:
    return [tuple(round(number, 4) for number in array("f", vector)[:2]) for vector in vectors]


def test_vectors_come_in_the_order_of_the_texts_with_an_exact_count(bench: Bench) -> None:
    asked = bench.ask("me", "a", "ab", "b", "a", "ab")
    said = [frame for _ in range(9) if bench.encoding.busy for _, frame in bench.encoding.step()]
    (vectors,) = said
    assert isinstance(vectors, Vectors)
    assert axes(vectors.vectors) == [AXES[text] for text in asked.texts]
    assert (vectors.id, vectors.tokens) == (asked.id, (1, 2, 1, 1, 2))


def test_dimensions_cut_each_requests_vectors_to_length_one_again(bench: Bench) -> None:
    bench.ask("short", "ab", "b", dimensions=1)
    bench.ask("whole", "ab")
    said = {asked.owner: frame for _ in range(9) if bench.encoding.busy for asked, frame in bench.encoding.step()}
    short, whole = said["short"], said["whole"]
    assert isinstance(short, Vectors) and isinstance(whole, Vectors)
    assert [array("f", vector).tolist() for vector in short.vectors] == [[pytest.approx(1.0)], [0.0]]
    assert len(whole.vectors[0]) == 4 * bench.memory.width


def test_who_shared_a_batch_is_waited_for_and_a_lone_request_never_waits(bench: Bench) -> None:
    bench.ask("alone", "a")
    assert bench.encoding.due == 0
    bench.encoding.step()
    for name in ("one", "two"):
        bench.ask(name, "a")
    assert bench.encoding.due == 0
    bench.encoding.step()
    bench.ask("one", "a")
    assert 0 < bench.encoding.due <= 0.015
    bench.ask("two", "a")
    assert bench.encoding.due == 0


def test_a_batch_is_as_large_as_half_of_what_waits(tmp_path: Path) -> None:
    bench = Bench(tmp_path, batch=4)
    bench.ask("many", *["a"] * 5)
    bench.encoding.step()
    assert bench.encoding.stats().waiting == 3


def test_what_waits_is_worked_on_together(bench: Bench) -> None:
    for name in ("one", "two", "three"):
        bench.ask(name, "a")
    assert bench.run() == [["one", "two", "three"]]


def test_a_long_list_delays_nobody_by_more_than_a_step(bench: Bench) -> None:
    bench.ask("many", *["a"] * 12)
    bench.encoding.step()
    bench.ask("few", "b")
    done = bench.run()
    assert done[0] == ["few"]
    assert done[-1] == ["many"]


def test_tenants_take_turns(bench: Bench) -> None:
    for number in range(4):
        bench.ask(f"greedy{number}", "ab", tenant="greedy")
    bench.ask("modest", "ab")
    assert "modest" in bench.run()[0]


def test_a_text_that_does_not_fit_any_more_is_the_first_of_the_next_step(bench: Bench) -> None:
    bench.ask("short", "a")
    bench.ask("long", "abab")
    bench.ask("late", "b")
    assert bench.run() == [["short"], ["long"], ["late"]]


def test_a_text_that_is_too_long_ends_its_request_alone(bench: Bench) -> None:
    bench.ask("wrong", "a", "ababa", "a")
    bench.ask("right", "b")
    said = {asked.owner: frame for _ in range(9) if bench.encoding.busy for asked, frame in bench.encoding.step()}
    refused = said["wrong"]
    assert isinstance(refused, Failed)
    assert (refused.status, refused.code, refused.param) == (400, "context_length_exceeded", "input")
    assert refused.message.endswith("4 tokens, but input[1] has 5 tokens.")
    assert isinstance(said["right"], Vectors)


def test_a_text_of_nothing_is_refused(bench: Bench) -> None:
    bench.ask("empty", "")
    ((_, refused),) = bench.encoding.step()
    assert isinstance(refused, Failed)
    assert (refused.status, refused.param) == (400, "input")


def test_a_long_text_is_cut_when_configured(tmp_path: Path) -> None:
    bench = Bench(tmp_path, truncate=True)
    bench.ask("long", "aaaabbbb")
    ((_, vectors),) = bench.encoding.step()
    assert isinstance(vectors, Vectors)
    assert (axes(vectors.vectors), vectors.tokens) == ([(1.0, 0.0)], (4,))


def test_a_full_queue_refuses_and_says_when(tmp_path: Path) -> None:
    bench = Bench(tmp_path, queue=1)
    bench.ask("first", "a")
    refused = bench.encoding.submit(Texts("second", 2, "second", ("a",), 10.0))
    assert refused is not None
    assert (refused.status, refused.code) == (429, "local_queue_full")
    assert refused.retry_after is not None and 1 <= refused.retry_after <= 60


def test_who_has_not_begun_in_time_is_told(bench: Bench) -> None:
    bench.ask("late", "a", deadline=1.0)
    bench.now = 2.0
    ((asked, refused),) = bench.encoding.step()
    assert (asked.owner, isinstance(refused, Failed)) == ("late", True)
    assert bench.encoding.stats().waiting == 0


def test_a_cancelled_request_is_gone_wherever_it_is(bench: Bench) -> None:
    bench.ask("short", "a")
    carried = bench.ask("carried", "abab", "a")
    bench.encoding.step()
    waiting = bench.ask("waiting", "a", "b")
    assert bench.encoding.stats().waiting == 3
    bench.encoding.cancel(carried)
    bench.encoding.cancel(waiting)
    assert (bench.encoding.stats().waiting, bench.run()) == (0, [])
