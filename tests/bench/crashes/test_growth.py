"""Sizes of a process, and the line through them."""

import subprocess
import sys

import numpy as np
import pytest

from bench.crashes.growth import growth, sizes

GROWS = """
import sys
print("small", flush=True)
sys.stdin.readline()
held, pages = open("/dev/null"), bytearray(b"1") * (8 << 20)
print("large", flush=True)
sys.stdin.readline()
"""
"""A process of its own: in this one, what earlier tests left is freed and used again meanwhile."""


def test_an_open_file_is_a_descriptor_more_and_a_touched_page_is_memory() -> None:
    words = [sys.executable, "-c", GROWS]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as grows:
        assert grows.stdin is not None and grows.stdout is not None
        assert grows.stdout.readline() == "small\n"
        before = sizes(grows.pid)
        grows.stdin.write("\n")
        grows.stdin.flush()
        assert grows.stdout.readline() == "large\n"
        after = sizes(grows.pid)
        grows.stdin.write("\n")
    assert after.descriptors == before.descriptors + 1
    assert after.memory - before.memory > 7 << 10


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
