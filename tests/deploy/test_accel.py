"""ACCEL through the real Makefile and setup.sh, with a Python that only writes down what pip is told to build."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import Struct

ROOT = Path(__file__).resolve().parents[2]
PYTHON = '''#!{real}
"""Plays Python with venv and pip: makes an environment of itself, installs words."""
import json, os, shutil, sys
from pathlib import Path

here, words = Path({folder!r}), sys.argv[1:]
if words[:1] == ["deploy/progress.py"]:
    os.execv(sys.executable, [sys.executable, *words])
if words[:2] == ["-m", "venv"]:
    (Path(words[2]) / "bin").mkdir(parents=True)
    shutil.copy(__file__, Path(words[2]) / "bin" / "python")
if "freeze" in words and (here / "installed").exists():
    print((here / "installed").read_text())
if "install" in words and words[-1].startswith("llama-cpp-python"):
    told = {{"words": words, "cmake": os.environ.get("CMAKE_ARGS", "")}}
    with (here / "builds").open("a") as file:
        file.write(json.dumps(told) + chr(10))
    if (here / "broken").exists():
        sys.exit(1)
    (here / "installed").write_text(words[-1])
'''
"""llama.cpp's CMake options, by ACCEL; on a Mac `cpu` must switch Metal off."""
FLAGS = {
    "cpu": "-DGGML_METAL=OFF",
    "cuda": "-DGGML_CUDA=ON",
    "vulkan": "-DGGML_VULKAN=ON",
    "rocm": "-DGGML_HIP=ON",
}
COMPILERS = {"cuda": "nvcc", "vulkan": "glslc", "rocm": "hipcc"}


class Build(Struct, frozen=True):
    """What pip was asked to build, and with which CMAKE_ARGS."""

    words: list[str]
    cmake: list[str]


class Machine:
    """A checkout on a machine with the tools that are told, and nothing else that setup.sh looks for."""

    def __init__(self, folder: Path, *tools: str) -> None:
        self.folder, self.bin = folder, folder / "bin"
        self.bin.mkdir()
        for name in ("deploy", "Makefile", "pyproject.toml"):
            place = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            place(ROOT / name, folder / name)
        self.tool("python3", PYTHON.format(real=sys.executable, folder=str(folder)))
        for name in ("c++", *tools):
            self.tool(name, "#!/bin/sh\n")

    def tool(self, name: str, text: str) -> None:
        """Put a program on the path."""
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def make(self, accel: str = "", **environ: str) -> "subprocess.CompletedProcess[str]":
        """The set-up that `make run` does first."""
        path = f"{self.bin}:/usr/bin:/bin"
        words = ["make", "venv/.set-up-run", "VENV=venv", f"ACCEL={accel}", f"PYTHON={self.bin}/python3"]
        clean = {name: value for name, value in os.environ.items() if name not in ("CMAKE_ARGS", "WHEEL_INDEX")}
        environ = {**clean, "PATH": path, **environ}
        return subprocess.run(words, cwd=self.folder, env=environ, capture_output=True, text=True, check=False)

    @property
    def builds(self) -> list[Build]:
        """All builds so far."""
        log = self.folder / "builds"
        lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return [Build(line["words"], line["cmake"].split()) for line in lines]


pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="its default is metal")


@pytest.mark.parametrize("accel", FLAGS)
def test_the_build_is_told_what_to_compute_on(tmp_path: Path, accel: str) -> None:
    machine = Machine(tmp_path, *COMPILERS.values())
    done = machine.make(accel, CMAKE_ARGS="-DGGML_NATIVE=OFF")
    assert done.returncode == 0, done.stdout + done.stderr
    (build,) = machine.builds
    assert [flag for flag in build.cmake if flag in FLAGS.values()] == [FLAGS[accel]]
    assert build.cmake[-1] == "-DGGML_NATIVE=OFF", "the operator's own come last and win"
    assert f"-DCMAKE_PROJECT_llama.cpp_INCLUDE={tmp_path}/deploy/no_common.cmake" in build.cmake
    assert ("--no-cache-dir" in build.words) == (accel != "cpu"), "pip's cache holds the default build alone"
    assert f"building llama.cpp for {accel}" in done.stdout


def test_another_accel_builds_again_and_none_keeps_what_is_built(tmp_path: Path) -> None:
    machine = Machine(tmp_path, *COMPILERS.values())
    found = []
    for accel in ("", "", "cpu", "cuda", "cuda", "", "vulkan", "cpu"):
        before = len(machine.builds)
        assert machine.make(accel).returncode == 0
        found.append([set(build.cmake) & set(FLAGS.values()) for build in machine.builds[before:]])
    cpu, cuda, vulkan = ({FLAGS[name]} for name in ("cpu", "cuda", "vulkan"))
    assert found == [[cpu], [], [], [cuda], [], [], [vulkan], [cpu]]
    assert all("--force-reinstall" in build.words for build in machine.builds[1:])


@pytest.mark.parametrize(("accel", "tool"), COMPILERS.items())
def test_a_compiler_that_is_missing_is_named_before_anything_is_built(tmp_path: Path, accel: str, tool: str) -> None:
    machine = Machine(tmp_path)
    done = machine.make(accel)
    assert done.returncode != 0
    assert f"ACCEL={accel} needs {tool}" in done.stderr and "choose ACCEL=cpu" in done.stderr
    assert machine.builds == []


def test_a_build_that_fails_is_not_taken_for_one(tmp_path: Path) -> None:
    machine = Machine(tmp_path, *COMPILERS.values())
    assert machine.make().returncode == 0
    (tmp_path / "broken").touch()
    assert machine.make("cuda").returncode != 0
    assert (tmp_path / "venv/.accel").read_text() == "cpu"
    (tmp_path / "broken").unlink()
    assert machine.make("cuda").returncode == 0
    assert FLAGS["cuda"] in machine.builds[-1].cmake
