from pathlib import Path

import pytest

from providers.engine.llama import Model
from providers.engine.spelling import Spelling


@pytest.fixture
def model(greeting: Path) -> Model:
    return Model(greeting, lambda _share: True)


@pytest.mark.parametrize("text", ["", "Hello world! € bye", "<|im_start|>{}", "é漢\n"])
def test_any_bytes_are_made_of_tokens(model: Model, text: str) -> None:
    spelling = Spelling(model, ("<|im_start|>",))
    assert b"".join(map(spelling.piece, spelling.tokens(text.encode()))).decode() == text


def test_control_tokens_are_read_only_by_name(model: Model) -> None:
    (start,) = model.tokenize("<|im_start|>", special=True)
    assert Spelling(model).piece(start) == b""
    assert Spelling(model, ("<|im_start|>",)).piece(start) == b"<|im_start|>"
    assert start in Spelling(model).silent
    assert start not in Spelling(model, ("<|im_start|>",)).silent
