"""Logistic regression on sparse features with an L2 penalty, by L-BFGS, in numpy."""

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Slope = Callable[[Vector], tuple[float, Vector]]


class Sparse(Struct, frozen=True):
    """Rows of a matrix: entry k stands in row `rows[k]`, column `columns[k]`; beside it a dense block."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Vector
    dense: Vector
    width: int

    def times(self, weights: Vector) -> Vector:
        """(rows,): sparse columns first, then the dense ones, then the bias."""
        sparse, dense, bias = weights[: self.width], weights[self.width : -1], weights[-1]
        products = self.values * sparse[self.columns]
        return np.asarray(np.bincount(self.rows, products, len(self.dense)) + self.dense @ dense + bias)

    def transposed_times(self, row_values: Vector) -> Vector:
        """(columns + dense + 1,): the gradient's shape."""
        sparse = np.bincount(self.columns, self.values * row_values[self.rows], self.width)
        return np.concatenate((sparse, self.dense.T @ row_values, [row_values.sum()]))


def sparse(rows: Sequence[tuple[NDArray[np.uint32], Vector]], dense: Vector, width: int) -> Sparse:
    """From (columns, values) per row and the dense block (rows, any); columns are below `width`."""
    lengths = [len(columns) for columns, _ in rows]
    return Sparse(
        np.repeat(np.arange(len(rows)), lengths),
        np.concatenate([columns for columns, _ in rows]).astype(np.int64),
        np.concatenate([values for _, values in rows]).astype(np.float64),
        dense,
        width,
    )


def fit(matrix: Sparse, good: Vector, l2: float) -> Vector:
    """Weights that minimise the summed log loss + l2/2 · |w|²; the bias, which is last, is not penalised.

    `good` holds 0, 1 or a share between.
    """
    used, columns = np.unique(matrix.columns, return_inverse=True)
    small = Sparse(matrix.rows, columns, matrix.values, matrix.dense, len(used))
    found = _fit(small, good, l2)
    weights = np.zeros(matrix.width + len(found) - len(used))
    weights[used], weights[matrix.width :] = found[: len(used)], found[len(used) :]
    return weights


def _fit(matrix: Sparse, good: Vector, l2: float) -> Vector:
    penalty = np.full(matrix.width + matrix.dense.shape[1] + 1, l2)
    penalty[-1] = 0.0

    def slope(weights: Vector) -> tuple[float, Vector]:
        logits = matrix.times(weights)
        loss = float(np.logaddexp(0.0, logits).sum() - good @ logits + 0.5 * _dot(penalty, weights * weights))
        return loss, matrix.transposed_times(sigmoid(logits) - good) + penalty * weights

    return minimum(slope, np.zeros(len(penalty)))


def minimum(slope: Slope, start: Vector, steps: int = 200, memory: int = 10, tolerance: float = 1e-4) -> Vector:
    """L-BFGS with a backtracking line search (Nocedal and Wright 2006, algorithm 7.5) on a convex function."""
    point, (loss, gradient) = start, slope(start)
    past: deque[tuple[Vector, Vector]] = deque(maxlen=memory)
    for _ in range(steps):
        step = -_curved(gradient, past)
        descent, length = _dot(gradient, step), 1.0
        if -descent < tolerance * (1.0 + abs(loss)) * 1e-3:
            break
        while True:
            moved = point + length * step
            next_loss, next_gradient = slope(moved)
            if next_loss <= loss + 1e-4 * length * descent or length < 1e-10:
                break
            length *= 0.5
        if _dot(next_gradient - gradient, moved - point) > 0:
            past.append((moved - point, next_gradient - gradient))
        point, loss, gradient = moved, next_loss, next_gradient
    return point


def _curved(gradient: Vector, past: Sequence[tuple[Vector, Vector]]) -> Vector:
    """The inverse Hessian's guess times the gradient."""
    direction, taken = gradient.copy(), []
    for moved, bent in reversed(past):
        share = _dot(moved, direction) / _dot(bent, moved)
        taken.append(share)
        direction -= share * bent
    if past:
        moved, bent = past[-1]
        direction *= _dot(moved, bent) / _dot(bent, bent)
    else:
        direction /= max(1.0, float(np.sqrt(_dot(gradient, gradient))))
    for (moved, bent), share in zip(past, reversed(taken), strict=True):
        direction += moved * (share - _dot(bent, direction) / _dot(bent, moved))
    return direction


def _dot(one: Vector, other: Vector) -> float:
    """Not `@`: BLAS would wake a thread for each core, and on a busy machine wait for the slowest of them."""
    return float(np.einsum("i,i->", one, other))


def sigmoid(logits: Vector) -> Vector:
    """1 / (1 + e⁻ˣ), without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -logits)))
