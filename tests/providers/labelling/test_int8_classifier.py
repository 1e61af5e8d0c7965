"""The int8 export that is served: the model's own labels, without torch, and what it refuses to load."""

import subprocess
import sys
from array import array
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: make test installs the extra `train`")
pytest.importorskip("torch", reason="torch is not installed: make test installs the extra `train`")

from providers.labelling.client import Labeller
from providers.labelling.fetching import NoModel
from providers.labelling.folder import INT8
from providers.labelling.int8_classifier import Int8Classifier
from providers.labelling.sequence_classifier import SequenceClassifier
from providers.labelling.service import opened

CODE = """
import sys
from pathlib import Path
from providers.labelling.client import Labeller
from providers.labelling.service import opened
model = opened(Path(sys.argv[1]), Labeller(model=sys.argv[1]), 8)
model.vectors([model.tokenize("write a poem")])
print(type(model).__name__, sorted({"torch", "transformers"} & set(sys.modules)))
"""


def probabilities(
    model: Int8Classifier | SequenceClassifier, texts: list[str]
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.array([array("f", found)[1] for found in model.vectors([model.tokenize(text) for text in texts])])


def test_the_export_gives_the_models_labels(exported: Path, texts: list[str]) -> None:
    model, export = SequenceClassifier(exported, "cpu", 32, 64), Int8Classifier(exported, 32, 64)
    truth, found = probabilities(model, texts), probabilities(export, texts)
    assert ((truth > 0.5) == (found > 0.5)).mean() >= 0.95
    assert np.abs(truth - found).mean() < 0.03
    assert truth.std() > 0.1 and 0.2 < (truth > 0.5).mean() < 0.8, "the model tells texts apart"
    assert np.corrcoef(truth, found)[0, 1] > 0.95
    assert model.tokenize(texts[3]) == export.tokenize(texts[3])
    assert (export.context, export.architecture, export.special) == (32, "bert", model.special)
    assert model.identity != export.identity, "a cache must not mix the two up"


def test_company_and_length_change_little(exported: Path, texts: list[str]) -> None:
    export = Int8Classifier(exported, 32, 64)
    together = probabilities(export, texts[:9])
    alone = [probabilities(export, [text])[0] for text in texts[:9]]
    assert together == pytest.approx(alone, abs=0.1), "int8 rounds by what is in the batch"
    assert len(export.vectors([[5]])) == 1, "one token alone is read too"


def test_it_is_chosen_where_it_is_and_no_torch_is_loaded_for_it(exported: Path, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CODE, str(exported)], capture_output=True, text=True, timeout=120)
    assert done.stdout == "Int8Classifier []\n", done.stderr
    bare = copytree(exported, tmp_path / "bare")
    (bare / INT8).unlink()
    assert isinstance(opened(bare, Labeller(model=str(bare)), 8), SequenceClassifier)


@pytest.mark.parametrize("content", [b"junk", b""])
def test_an_export_that_is_broken_is_refused(exported: Path, tmp_path: Path, content: bytes) -> None:
    spoilt = copytree(exported, tmp_path / "spoilt")
    (spoilt / INT8).write_bytes(content)
    with pytest.raises(NoModel, match=r"model\.int8\.onnx cannot be served"):
        Int8Classifier(spoilt, 32, 8)
