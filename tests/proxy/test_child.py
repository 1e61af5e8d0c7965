"""The pauses between restarts, the words for an end, and the environment that a child gets."""

import os
from itertools import islice
from pathlib import Path

from proxy.child import delays, ending, environment


def test_pauses_double_up_to_the_largest() -> None:
    assert list(islice(delays(0.5, 30), 8)) == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert list(islice(delays(0.1, 1), 5)) == [0.1, 0.2, 0.4, 0.8, 1]


def test_ends_in_words() -> None:
    assert ending(3) == "ended with exit code 3"
    assert ending(-9) == "was killed by SIGKILL"
    assert ending(-40) == "was killed by signal 40"


def test_our_packages_come_first() -> None:
    root = str(Path(__file__).resolve().parents[2])
    assert environment({"A": "1"}) == {"A": "1", "PYTHONPATH": root, "OPENBLAS_NUM_THREADS": "1"}
    assert environment({"OPENBLAS_NUM_THREADS": "2"})["OPENBLAS_NUM_THREADS"] == "2"
    assert environment({"PYTHONPATH": "/x"})["PYTHONPATH"] == f"{root}{os.pathsep}/x"
