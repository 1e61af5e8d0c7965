"""Which head answers, what is kept of its word, and where doubt goes."""

from collections.abc import Mapping, Sequence

import pytest

from providers.engine.frames import Ready
from providers.errors import HalfpennyError
from proxy.doors.near_cache import NearCache
from proxy.doors.query_labels import Answer, Head, QueryLabels
from proxy.watch.classified import Classified
from proxy.watch.metrics import Metrics
from routing.classifier.labels import Labelled


class Own:
    """Our own head: slow for what is a question."""

    version = "own1"

    def read(self, text: str, hint: str | None = None) -> Labelled:
        return Labelled({}, 1 if "?" in text else 0, 0.8, "en")


class Model:
    """A sequence classifier that says 0.9, or is late."""

    ready: Ready | None = Ready("router", "bert", 512, 512, 64, False, identity="m1")
    late = False

    async def probabilities(self, texts: Sequence[str], tenant: str, deadline: float) -> list[float] | None:
        return None if self.late else [0.9] * len(texts)


class Far:
    def __init__(self) -> None:
        self.known: dict[bytes, float] = {}

    async def find(self, keys: Sequence[bytes]) -> list[float | None]:
        return [self.known.get(key) for key in keys]

    def keep(self, found: Mapping[bytes, float]) -> None:
        self.known |= found


class Room:
    def __init__(self, model: Model | None = None, head: Head | None = Own(), far: Far | None = None) -> None:  # noqa: B008
        self.metrics = Metrics(())
        near = NearCache(10, 300, lambda: 0.0)
        self.labels = QueryLabels(head, near, Classified(self.metrics), 0.5, model, far)

    async def read(self, *texts: str) -> list[tuple[float, str, str]]:
        found = await self.labels.read(texts, "key")
        return [(round(one.slow, 6), one.head, one.source) for one in found]

    def metric(self, line: str) -> bool:
        return line in self.metrics.render().decode().splitlines()


async def test_our_own_head_answers_where_no_model_is_configured() -> None:
    room = Room()
    question = (0.8, "shipped", "shipped")
    assert await room.read("why?", "sum", "why?") == [question, (0.2, "shipped", "shipped"), question]
    assert await room.read("why?") == [(0.8, "shipped", "l1")]
    assert room.metric('halfpenny_classify_cache_total{level="l1",outcome="miss"} 2.0')
    assert room.metric('halfpenny_classify_cache_total{level="l1",outcome="hit"} 1.0')


async def test_the_model_answers_once_it_is_ready_and_labels_of_ours_are_not_its_word() -> None:
    model = Model()
    model.ready = None
    room = Room(model)
    assert await room.read("sum") == [(0.2, "shipped", "shipped")]
    model.ready = Model.ready
    assert await room.read("sum") == [(0.9, "router", "model")]
    assert await room.read("sum") == [(0.9, "router", "l1")]


async def test_a_late_model_is_stood_in_for_and_nothing_of_that_is_kept() -> None:
    model, far = Model(), Far()
    room = Room(model, far=far)
    model.late = True
    assert await room.read("sum") == [(0.2, "shipped", "shipped")]
    assert room.metric("halfpenny_classify_late_total 1.0")
    assert not far.known
    model.late = False
    assert await room.read("sum") == [(0.9, "router", "model")]


async def test_replicas_share_the_far_cache_and_what_it_told_is_near_next_time() -> None:
    far = Far()
    assert await Room(Model(), far=far).read("sum") == [(0.9, "router", "model")]
    other = Room(Model(), far=far)
    assert await other.read("sum", "new") == [(0.9, "router", "l2"), (0.9, "router", "model")]
    assert await other.read("sum") == [(0.9, "router", "l1")]
    assert other.metric('halfpenny_classify_cache_total{level="l2",outcome="hit"} 1.0')


async def test_nobody_who_can_answer_is_a_503() -> None:
    with pytest.raises(HalfpennyError) as refused:
        await Room(head=None).read("sum")
    assert (refused.value.status, refused.value.code) == (503, "classifier_unavailable")


@pytest.mark.parametrize(
    ("slow", "label", "confidence", "unsure"),
    [
        *((0.05, "0", 0.95, False), (0.31, "1", 0.69, True), (0.3, "0", 0.7, False)),
        *((0.5, "1", 0.5, False), (0.6, "1", 0.6, False), (0.95, "1", 0.95, False)),
    ],
)
def test_doubt_goes_to_the_slow_path(slow: float, label: str, confidence: float, unsure: bool) -> None:
    answer = Answer(slow, "h", "model")
    assert (answer.label(0.7), answer.unsure(0.7)) == (label, unsure)
    assert answer.confidence == pytest.approx(confidence)
