"""Topics by vectors: learned once, though the encoder is late to come; none until all are known."""

import numpy as np
import pytest

from proxy.topic_vectors import TopicVectors

DESCRIBED = {"billing": "invoice refund", "travel": "flight hotel"}
MADE = {"billing: invoice refund": (1.0, 0.0), "travel: flight hotel": (0.6, 0.8)}


def vector(*numbers: float) -> bytes:
    return np.array(numbers, "<f4").tobytes()


class Encoder:
    """Answers with the vectors that were made, but for the first `late` questions."""

    def __init__(self, late: int = 0) -> None:
        self.late = late
        self.heard: list[str] = []

    async def of(self, text: str) -> bytes | None:
        self.heard.append(text)
        return vector(*MADE[text]) if len(self.heard) > self.late else None


async def test_the_cosine_of_each_topic_is_told_once_all_are_known() -> None:
    topics = TopicVectors(DESCRIBED, Encoder())
    assert topics.near(vector(1.0, 0.0)) == {}
    await topics.learn()
    assert topics.near(vector(0.0, 1.0)) == pytest.approx({"billing": 0.0, "travel": 0.8})


async def test_an_encoder_that_is_late_to_come_is_asked_again() -> None:
    encoder = Encoder(late=3)
    topics = TopicVectors(DESCRIBED, encoder)
    await topics.learn(pause=0)
    assert topics.near(vector(1.0, 0.0)) == pytest.approx({"billing": 1.0, "travel": 0.6})
    assert len(set(encoder.heard)) == 2
