"""`halfpenny models` as a program of its own against a hub on the loopback, and the name in config.yaml."""

import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from providers.engine.encoder_client import Encoder, model_path
from providers.hub import BadReference, local
from tests.doubles import ggufs
from tests.doubles.hub import COMMIT, TOKEN, Hub, loopback

MIB = 1 << 20
NAME = "hf:house/axes/q8/axes.gguf"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """It has one embedding model."""
    with loopback() as made:
        made.files["house/axes/q8/axes.gguf"] = ggufs.embedder(tmp_path / "axes.gguf").read_bytes()
        yield made


class Shell:
    """Runs the command; `environ` is all that it and a reader of the cache know."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.folder = folder / "home" / "hub"
        self.environ = {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "home"), "HOME": str(folder)}
        self.environ |= {"PATH": os.environ["PATH"], "HF_HUB_DOWNLOAD_TIMEOUT": "5"}

    def __call__(self, *words: str, **more: str) -> tuple[int, str]:
        """Exit code and all that was said."""
        command = [sys.executable, "-m", "proxy", "models", *words]
        done = subprocess.run(command, env=self.environ | more, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def shell(hub: Hub, tmp_path: Path) -> Shell:
    return Shell(hub, tmp_path)


def test_pull_list_and_rm(shell: Shell, hub: Hub) -> None:
    content = hub.files["house/axes/q8/axes.gguf"]
    with pytest.raises(BadReference, match=f"run `halfpenny models pull {NAME}`"):
        local(NAME, shell.environ)
    code, said = shell("pull", NAME)
    assert code == 0, said
    assert f"sha256 {sha256(content).hexdigest()}" in said and f"{NAME}@{COMMIT}" in said
    assert local(NAME, shell.environ).read_bytes() == local(f"{NAME}@{COMMIT}", shell.environ).read_bytes() == content

    listed = shell("list")[1].splitlines()[1].split()
    assert listed == [NAME, "main,", COMMIT[:12], "llama", "0.0"]
    gets = len(hub.gets())
    assert shell("pull", NAME)[0] == 0
    assert len(hub.gets()) == gets
    assert shell("pull", NAME, HF_HUB_OFFLINE="1")[0] == 0

    assert shell("rm", NAME)[0] == 0
    assert "There are no models" in shell("list")[1]
    assert [path for path in shell.folder.rglob("*") if path.is_file() and path.stat().st_size > 1000] == []
    assert shell("rm", NAME) == (1, f"{NAME} is not on this machine\n")


def test_a_cut_transfer_goes_on_where_it_stopped(shell: Shell, hub: Hub) -> None:
    hub.files["house/axes/q8/axes.gguf"] += bytes(24 * MIB)
    size, hub.cut = len(hub.files["house/axes/q8/axes.gguf"]), 21 * MIB
    code, said = shell("pull", NAME)
    if code:
        assert "try again to go on" in said
        code, said = shell("pull", NAME)
    assert code == 0, said
    begin = int((hub.gets()[-1] or "").removeprefix("bytes=").rstrip("-"))
    assert 10 * MIB <= begin <= 21 * MIB
    assert local(NAME, shell.environ).stat().st_size == size


def test_all_parts_of_a_model_are_pulled(shell: Shell, hub: Hub) -> None:
    whole = hub.files["house/axes/q8/axes.gguf"]
    for part in (1, 2):
        hub.files[f"house/axes/m-0000{part}-of-00002.gguf"] = whole + bytes(part)
    first = "hf:house/axes/m-00001-of-00002.gguf"
    assert shell("pull", first)[0] == 0
    assert local(first, shell.environ).with_name("m-00002-of-00002.gguf").stat().st_size == len(whole) + 2
    assert shell("rm", first)[0] == 0
    assert "There are no models" in shell("list")[1]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("hf:house/axes/none.gguf", "has no file none.gguf"),
        ("hf:nobody/axes/axes.gguf", "no repository nobody/axes"),
        (f"{NAME}@v9", "has no revision v9"),
        ("hf:house/axes", "names no model file"),
        ("hf:house/axes/../../x.gguf", "names no model file"),
        ("/etc/passwd", "names no model file"),
    ],
)
def test_what_is_not_there_is_said(shell: Shell, name: str, sentence: str) -> None:
    code, said = shell("pull", name)
    assert (code, sentence in said) == (1, True), said


def test_a_gated_repository_wants_a_token_which_is_never_shown(shell: Shell, hub: Hub) -> None:
    hub.gated.add("house/axes")
    code, said = shell("pull", NAME)
    assert (code, "set HF_TOKEN" in said) == (1, True), said
    assert "set HF_TOKEN" in shell("pull", NAME, HF_TOKEN="hf_wrong")[1]
    code, said = shell("pull", NAME, HF_TOKEN=TOKEN)
    assert (code, TOKEN in said) == (0, False), said


def test_offline_nothing_is_asked(shell: Shell, hub: Hub) -> None:
    code, said = shell("pull", NAME, HF_HUB_OFFLINE="1")
    assert (code, "HF_HUB_OFFLINE" in said, hub.seen) == (1, True, []), said


def test_what_is_broken_or_foreign_does_not_count_and_does_not_stay(shell: Shell, hub: Hub) -> None:
    hub.claim = "f" * 64
    code, said = shell("pull", NAME)
    assert (code, "is broken: its sha256" in said) == (1, True), said
    hub.claim = None
    hub.files["house/axes/page.gguf"] = b"<html>" * 500
    code, said = shell("pull", "hf:house/axes/page.gguf")
    assert (code, "not a GGUF file" in said) == (1, True), said
    code, said = shell("pull", NAME, "--sha256", "0" * 64)
    assert (code, "not the expected one" in said) == (1, True), said
    assert [name for name in (NAME, "hf:house/axes/page.gguf") if _here(shell, name)] == []


def _here(shell: Shell, name: str) -> bool:
    try:
        return local(name, shell.environ).exists()
    except BadReference:
        return False


def test_a_pulled_model_is_named_in_config(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        f"providers: {{encoder: {{dialect: encoder, model: '{NAME}'}}}}\nmodels: {{axes: {{provider: encoder}}}}\n"
    )
    command = [sys.executable, "-m", "proxy", "check", "--config", str(config)]
    before = subprocess.run(command, env=shell.environ, capture_output=True, text=True, check=False)
    assert f"run `halfpenny models pull {NAME}`" in before.stdout
    assert shell("pull", NAME)[0] == 0
    after = subprocess.run(command, env=shell.environ, capture_output=True, text=True, check=False)
    assert "models pull" not in after.stdout
    monkeypatch.setenv("HF_HOME", shell.environ["HF_HOME"])
    assert model_path(Encoder(model=NAME)) == local(NAME, shell.environ)
