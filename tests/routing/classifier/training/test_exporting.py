"""An export stays only when it says what the model says."""

import copy
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("transformers")
pytest.importorskip("onnxruntime")
import torch

from routing.classifier.training import exporting
from routing.classifier.training.encoder import Encoder, opened
from tests.doubles.berts import tiny_bert

TEXTS = [f"write {'a very ' * (at % 9)}long poem of {at} lines" for at in range(120)]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    torch.set_num_threads(1)
    bert = tiny_bert(tmp_path_factory.mktemp("bert"), TEXTS)
    torch.manual_seed(1)
    made = opened(str(bert), ("0", "1"), torch.device("cpu"), 32)
    return made


@pytest.fixture(scope="module")
def exported(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both forms, as they are before they are proved."""
    folder = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "proved", lambda *_: None)
        exporting.export(encoder, TEXTS, folder)
    return folder


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    """A copy of them."""
    return shutil.copytree(exported, tmp_path / "copy")


def test_int8_gives_the_models_labels_on_100_texts(encoder: Encoder, folder: Path) -> None:
    proof = exporting.proved(encoder, TEXTS, folder)
    assert [path.name for path in folder.iterdir()] == [exporting.SMALL]
    assert proof.int8 and proof.texts == 100
    assert proof.fp32_logit_difference < 1e-4
    truth = encoder.logits(TEXTS).numpy()
    assert truth.std() > 0.2
    said = exporting.run(folder / exporting.SMALL, encoder, TEXTS)
    assert (said.argmax(axis=1) == truth.argmax(axis=1)).mean() >= exporting.AGREED
    one = exporting.run(folder / exporting.SMALL, encoder, TEXTS[:1])
    assert np.abs(one - said[:1]).max() < 0.1 * truth.std(), "a batch of one is no other model"


def test_int8_that_says_something_else_goes_and_fp32_stays(
    encoder: Encoder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "CLOSE", -1.0)
    proof = exporting.proved(encoder, TEXTS, folder)
    assert not proof.int8
    assert [path.name for path in folder.iterdir()] == [exporting.FULL]


def test_an_export_of_another_model_is_refused(encoder: Encoder, folder: Path) -> None:
    other = copy.copy(encoder)
    other.model = copy.deepcopy(encoder.model)
    with torch.no_grad():
        other.model.classifier.bias.add_(0.01)
    with pytest.raises(exporting.NotEqual, match="logits of the export differ"):
        exporting.proved(other, TEXTS, folder)
    assert list(folder.iterdir()) == []
