"""The facade over transformers: the same probabilities as transformers itself, and what it refuses to load."""

import json
from array import array
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

pytest.importorskip("torch", reason="torch is not installed: make test installs the extra `train`")

from providers.labelling.fetching import NoModel
from providers.labelling.folder import identity
from providers.labelling.sequence_classifier import SequenceClassifier
from tests.doubles.sequence_classifiers import reference, sequence_classifier

TEXTS = ["Summarize this article", "write a poem about autumn", "the", "list ideas [SEP] for dinner"]


@pytest.fixture(scope="module")
def model(router: Path) -> SequenceClassifier:
    return SequenceClassifier(router, "cpu", 512, 64)


def test_probabilities_are_transformers_own_in_whatever_batch(model: SequenceClassifier, router: Path) -> None:
    wanted = {text: reference(router, text) for text in TEXTS[:3]}
    tokens = {text: model.tokenize(text) for text in wanted}

    for text, found in zip(wanted, model.vectors([*tokens.values()]), strict=True):
        assert array("f", found).tolist() == pytest.approx(wanted[text], abs=1e-5), text
    for text in wanted:
        (alone,) = model.vectors([tokens[text]])
        assert array("f", alone).tolist() == pytest.approx(wanted[text], abs=1e-5), text


def test_words_of_control_in_a_text_stay_words(model: SequenceClassifier) -> None:
    begin, end = model.tokenize("")
    assert {begin, end} <= model.special
    assert model.tokenize(TEXTS[3])[1:-1].count(end) == 0


def test_context_is_the_models_own_where_it_is_shorter(model: SequenceClassifier, router: Path) -> None:
    assert model.context == 32
    assert SequenceClassifier(router, "cpu", 16, 1).context == 16


def test_a_tokenizer_without_marks_and_a_text_without_end_are_read_too(model: SequenceClassifier) -> None:
    assert model.tokenize("", framed=False) == []
    assert len(model.tokenize("a " * 10_000_000)) == 50 * model.context + 2


def test_identity_is_the_contents(router: Path, tmp_path: Path) -> None:
    copy = copytree(router, tmp_path / "elsewhere")
    assert identity(copy) == identity(router)
    assert identity(sequence_classifier(tmp_path / "other", seed=1)) != identity(router)


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def changed(**fields: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | fields))

    return change


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (without("model.safetensors"), "has no model.safetensors"),
        (without("config.json"), "cannot be read"),
        (changed(id2label={"0": "a", "1": "b", "2": "c"}), "tells 3 labels apart"),
        (changed(architectures=["BertModel"]), "is no sequence classifier"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"junk"), "transformers can read"),
    ],
)
def test_files_that_are_no_two_label_classifier_are_refused(
    router: Path, tmp_path: Path, spoil: Callable[[Path], None], why: str
) -> None:
    folder = copytree(router, tmp_path / "spoilt")
    spoil(folder)
    with pytest.raises(NoModel, match=why):
        SequenceClassifier(folder, "cpu", 512, 8)


def test_a_device_that_is_not_here_is_a_clear_error(router: Path) -> None:
    import torch

    if torch.backends.mps.is_available():
        pytest.skip("this machine has one")
    with pytest.raises(NoModel, match=r"MODEL_DEVICE is mps, and torch .* sees no such device"):
        SequenceClassifier(router, "mps", 512, 8)
