"""A tiny sequence classifier for the tests of this folder, made once."""

from pathlib import Path

import pytest

from tests.doubles.sequence_classifiers import sequence_classifier


@pytest.fixture(scope="session")
def router(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sequence_classifier(tmp_path_factory.mktemp("models") / "router")
