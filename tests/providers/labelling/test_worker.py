"""The process: what it refuses, with which exit code."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from providers.labelling.client import Labeller
from providers.labelling.worker import parser

pytest.importorskip("torch", reason="torch is not installed: make test installs the extra `train`")


def refused(settings: Labeller, folder: Path, **environ: str) -> tuple[int, str]:
    """Exit code and message of a worker that does not start."""
    words = [sys.executable, *settings.arguments(str(folder / "s"))]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, **environ})
    said = msgspec.json.decode(done.stdout.splitlines()[-1])
    assert said["event"] == "error", done.stderr
    return done.returncode, said["message"]


def test_a_folder_without_a_model_is_refused_for_good(tmp_path: Path) -> None:
    code, message = refused(Labeller(model=str(tmp_path / "nothing")), tmp_path)
    assert (code, "there is no sequence classifier in" in message) == (2, True), message


def test_a_hub_that_cannot_be_reached_is_asked_again_later(tmp_path: Path) -> None:
    settings = Labeller(model=str(tmp_path / "nothing"), repository="house/router")
    code, message = refused(settings, tmp_path, HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "home"))
    assert (code, "house/router is not here, and the hub cannot be reached" in message) == (70, True), message


def test_every_setting_is_an_option() -> None:
    settings = Labeller(model="m", repository="a/b", device="cuda", batch=8, window=0.005, threads=2)
    given = vars(parser().parse_args(settings.arguments("/run/s")[2:]))
    assert given.pop("socket") == "/run/s" and given.pop("fd") is None
    found = {name: value for name, value in given.items() if value is not None}
    assert msgspec.convert(found, Labeller, strict=False) == settings
