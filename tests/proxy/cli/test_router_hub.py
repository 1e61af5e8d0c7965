"""`halfpenny router push` and `pull` as programs of their own against a hub on the loopback."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.hub import LARGE, TOKEN, Hub, loopback


@pytest.fixture
def hub() -> Iterator[Hub]:
    with loopback() as made:
        yield made


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """What a run leaves: small files, a large one, and what nobody else needs."""
    folder = tmp_path / "run"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / "README.md").write_text("---\ntags: [router]\n---\nA card.\n")
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * (LARGE // 256 + 1))
    (folder / "checkpoints" / "newest.pt").write_bytes(b"not for others")
    return folder


def halfpenny(hub: Hub, folder: Path, *words: str, token: str = TOKEN) -> tuple[int, str]:
    """Exit code and all that was said."""
    environ = {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "home"), "HOME": str(folder), "PATH": os.environ["PATH"]}
    environ |= {"HF_TOKEN": token} if token else {}
    command = [sys.executable, "-m", "proxy", "router", *words]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def test_a_trained_folder_goes_there_and_comes_back(hub: Hub, trained: Path, tmp_path: Path) -> None:
    code, said = halfpenny(hub, tmp_path, "push", str(trained), "me/router")
    assert code == 0, said
    names = {"config.json", "README.md", "model.safetensors"}
    assert set(hub.files) == {f"me/router/{name}" for name in names}
    assert len(hub.large) == 1, "the weights went by way of LFS"

    code, said = halfpenny(hub, tmp_path, "pull", "me/router", "--out", str(tmp_path / "back"), token="")
    assert code == 0, said
    assert f"MODEL_PATH={tmp_path / 'back'}" in said
    for name in names:
        assert (tmp_path / "back" / name).read_bytes() == (trained / name).read_bytes()


def test_refusals_are_sentences_and_no_token_is_told(hub: Hub, trained: Path, tmp_path: Path) -> None:
    code, said = halfpenny(hub, tmp_path, "push", str(trained), "me/router", token="")
    assert (code, "HF_TOKEN is not set" in said) == (1, True)
    code, said = halfpenny(hub, tmp_path, "push", str(trained), "me/router", token="hf_wrong")
    assert (code, "HF_TOKEN is wrong, or may not write there" in said) == (1, True), said
    assert "hf_wrong" not in said and hub.files == {}
    (trained / "config.json").unlink()
    code, said = halfpenny(hub, tmp_path, "push", str(trained), "me/router")
    assert (code, "neither a trained encoder nor heads" in said) == (1, True)
    code, said = halfpenny(hub, tmp_path, "pull", "me/none", "--out", str(tmp_path / "none"))
    assert (code, "there is no repository me/none" in said) == (1, True), said
