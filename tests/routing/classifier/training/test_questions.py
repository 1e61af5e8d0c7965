from routing.classifier.training.checking import Question
from routing.classifier.training.questions import by_kind


def test_kinds_are_counted() -> None:
    asked = [Question("a", 1, kind="sums"), Question("b", 1, kind="sums"), Question("c", 1, kind="words")]
    assert by_kind(asked, {"a": 1.0, "b": 0.0}) == {"sums": (1, 2)}
