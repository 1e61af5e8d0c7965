import stat
from pathlib import Path

import pytest

from providers.engine.unix import listen


def test_a_socket_replaces_what_was_there_and_is_its_owners_alone(tmp_path: Path) -> None:
    listen(tmp_path / "s").close()
    with listen(tmp_path / "s") as again:
        assert again.getsockname() == str(tmp_path / "s")
    mode = (tmp_path / "s").stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600


def test_a_place_where_there_can_be_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        listen(tmp_path / "missing" / "s")
