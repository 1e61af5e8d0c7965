import numpy as np
import pytest

from routing.classifier.logistic import fit, minimum, sigmoid, sparse


def test_a_quadratic_has_its_minimum_where_it_is() -> None:
    curvature, goal = np.array([1.0, 10.0, 100.0]), np.array([3.0, -2.0, 0.5])
    found = minimum(lambda x: (float(curvature @ (x - goal) ** 2) / 2, curvature * (x - goal)), np.zeros(3))
    assert found == pytest.approx(goal, abs=1e-2)


def test_the_gradient_of_the_penalised_loss_is_zero_at_the_fit() -> None:
    rng = np.random.default_rng(7)
    rows = [(rng.choice(20, 3, replace=False).astype(np.uint32), np.ones(3)) for _ in range(200)]
    dense, good = rng.normal(size=(200, 2)), (rng.random(200) < 0.4).astype(np.float64)
    matrix = sparse(rows, dense, 20)
    weights = fit(matrix, good, 0.5)
    slope = matrix.transposed_times(sigmoid(matrix.times(weights)) - good) + 0.5 * np.r_[weights[:-1], 0.0]
    assert np.abs(slope).max() < 0.1
    assert sigmoid(matrix.times(weights)).mean() == pytest.approx(good.mean(), abs=1e-3)


def test_a_column_that_no_row_has_weighs_nothing_and_a_telling_one_has_its_sign() -> None:
    rows = [(np.array([row % 2], np.uint32), np.ones(1)) for row in range(40)]
    weights = fit(sparse(rows, np.zeros((40, 0)), 3), np.array([row % 2 for row in range(40)], float), 1.0)
    assert weights[2] == 0.0
    assert weights[0] < -0.5 < 0.5 < weights[1]


def test_the_penalty_shrinks() -> None:
    rows = [(np.array([row % 2], np.uint32), np.ones(1)) for row in range(40)]
    good = np.array([row % 2 for row in range(40)], float)
    light, heavy = (fit(sparse(rows, np.zeros((40, 0)), 2), good, l2) for l2 in (0.1, 10.0))
    assert abs(heavy[1]) < abs(light[1])


def test_the_sigmoid_does_not_overflow() -> None:
    assert sigmoid(np.array([-1e4, 0.0, 1e4])) == pytest.approx([0.0, 0.5, 1.0])
