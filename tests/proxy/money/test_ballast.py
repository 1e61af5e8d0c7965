"""The space that is kept for a full disk: really taken, given up whole, taken again."""

from pathlib import Path

from proxy.money.ballast import Ballast


def test_it_takes_real_space_and_gives_it_back(tmp_path: Path) -> None:
    path = tmp_path / "ballast"
    ballast = Ballast(path, 1 << 16)
    assert ballast.restore()
    assert path.stat().st_size == 1 << 16 <= path.stat().st_blocks * 512
    assert ballast.free()
    assert not path.exists()
    assert not ballast.free()
    assert ballast.restore()
    assert Ballast(path, 1 << 16).restore()  # the next life finds it there
