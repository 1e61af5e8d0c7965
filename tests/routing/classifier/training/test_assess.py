import numpy as np
import pytest

from routing.classifier.training.assess import assessed, probabilities, temperature
from routing.classifier.training.examples import Example

RNG = np.random.default_rng(0)


def test_the_temperature_of_boastful_logits_is_found() -> None:
    honest = RNG.normal(size=(4000, 2)) * 2
    chosen = (RNG.random(4000) < probabilities(honest)[:, 1]).astype(int)
    shares = np.eye(2)[chosen]
    assert temperature(honest * 3, shares) == pytest.approx(3, rel=0.15)
    assert temperature(honest, shares) == pytest.approx(1, rel=0.15)


def test_a_router_that_knows_has_the_oracles_figures_and_a_blind_one_those_of_chance() -> None:
    weak = (RNG.random(400) < 0.6).astype(float)
    examples = [Example("t", (good, 1 - good), good, 1.0) for good in weak.tolist()]
    knowing = np.stack((weak, 1 - weak), axis=1) * 20
    found = assessed(knowing, examples)
    assert found.figures["accuracy"] == found.figures["macro_f1"] == 1.0
    assert found.figures["ece"] < 1e-3 and found.figures["label_brier_skill"] > 0.99
    assert found.figures["apgr"] > 0.75
    blind = assessed(np.zeros((400, 2)), examples)
    assert blind.figures["apgr"] == pytest.approx(0.5)
    assert blind.figures["accuracy"] == blind.figures["commonest_class"]


def test_without_outcomes_there_is_no_curve_and_more_classes_are_fine() -> None:
    found = assessed(np.eye(3) * 5, [Example("t", tuple(row)) for row in np.eye(3).tolist()])
    assert found.curve is None
    assert "apgr" not in found.figures and "label_ece" not in found.figures
    assert found.figures["macro_f1"] == 1.0
