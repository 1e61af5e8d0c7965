"""One holder at a time; the next one learns who has it."""

import os
from pathlib import Path

import pytest

from proxy.money.lock import FileLock, Locked


def test_the_second_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    first = FileLock(path)
    with pytest.raises(Locked) as refused:
        FileLock(path)
    assert refused.value.pid == str(os.getpid())
    first.release()
    first.release()
    FileLock(path).release()
