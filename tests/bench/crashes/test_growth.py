"""Sizes of a process, and the line through them."""

import os
from pathlib import Path

import numpy as np
import pytest

from bench.crashes.growth import growth, sizes


def test_an_open_file_is_a_descriptor_more_and_a_touched_page_is_memory(tmp_path: Path) -> None:
    before = sizes(os.getpid())
    with (tmp_path / "it").open("w"):
        pages = np.ones(8 << 20, np.uint8)
        after = sizes(os.getpid())
    assert after.descriptors == before.descriptors + 1
    assert after.memory - before.memory > 7 << 10
    assert pages.all()


def test_a_line_has_its_slope_and_no_error() -> None:
    found = growth([100, 103, 106, 109])
    assert found.slope == pytest.approx(3) and found.error == pytest.approx(0, abs=1e-6)


def test_noise_has_no_slope_beyond_its_error() -> None:
    draw = np.random.default_rng(1)
    found = growth([int(size) for size in draw.normal(60_000, 100, 100)])
    assert abs(found.slope) < 3 * found.error
    # the textbook's figure: deviation / sqrt(sum of squared distances from the middle)
    assert found.error == pytest.approx(100 / np.sqrt(((np.arange(100) - 49.5) ** 2).sum()), rel=0.2)


def test_two_points_have_no_error() -> None:
    with pytest.raises(ValueError, match="three points"):
        growth([1, 2])
