from pathlib import Path

import pytest

from providers.engine.llama import Model
from providers.engine.spelling import Spelling


@pytest.fixture
def model(greeting: Path) -> Model:
    return Model(greeting, lambda _share: True)


def test_control_tokens_are_read_only_by_name(model: Model) -> None:
    (start,) = model.tokenize("<|im_start|>", special=True)
    assert Spelling(model).piece(start) == b""
    assert Spelling(model, ("<|im_start|>",)).piece(start) == b"<|im_start|>"
    assert start in Spelling(model).silent
    assert start not in Spelling(model, ("<|im_start|>",)).silent
