"""Tiny sequence classifiers for the tests of this folder, made once: one as it is, one with its int8 export."""

from pathlib import Path

import pytest

from tests.doubles.sequence_classifiers import sequence_classifier

LONG = [f"write {'a very ' * (at % 9)}long poem of {at} lines about winter {at * at}" for at in range(120)]


@pytest.fixture(scope="session")
def router(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sequence_classifier(tmp_path_factory.mktemp("models") / "router")


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """What the exported classifier's vocabulary is made of."""
    return LONG


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `halfpenny router train` leaves it: the model, and the int8 export that was proved equal."""
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: make test installs the extra `train`")
    torch = pytest.importorskip("torch", reason="torch is not installed: make test installs the extra `train`")
    from routing.classifier.training import exporting
    from routing.classifier.training.encoder import opened
    from tests.doubles.berts import tiny_bert

    folder = tmp_path_factory.mktemp("trained")
    torch.manual_seed(1)
    encoder = opened(str(tiny_bert(folder / "base", LONG)), ("0", "1"), torch.device("cpu"), 32)
    logits = encoder.logits(LONG)
    with torch.no_grad():  # what is random hardly tells texts apart, and gives one label to all
        encoder.model.classifier.weight.mul_(1.0 / logits.std(0)[:, None])
        encoder.model.classifier.bias.sub_(encoder.logits(LONG).mean(0))
    encoder.save(folder)
    assert exporting.export(encoder, LONG, folder).int8
    return folder
