"""Plant a bug in a copy of the tree and run its tests there."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from time import monotonic
from typing import Literal

from msgspec import Struct, convert

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("bench", "deploy", "docs", "providers", "proxy", "routing", "tests")
PATIENCE = 240.0
"""Seconds that the tests of one bug may take; who hangs has noticed it, too."""

Fate = Literal["caught", "hung", "survived"]


class Bug(Struct, frozen=True, forbid_unknown_fields=True):
    """`old` in `file` becomes `new`; one of `tests` must notice."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def wrong(self, root: Path = ROOT) -> str:
        """Why it cannot be planted; empty when it can."""
        found = (root / self.file).read_text().count(self.old)
        missing = [test for test in self.tests if not (root / test).exists()]
        if found != 1:
            return f"{self.name}: its text stands {found} times in {self.file}"
        return f"{self.name}: no {', '.join(missing)}" if missing else ""


def planted() -> tuple[Bug, ...]:
    """All of them."""
    text = Path(__file__).with_name("planted.toml").read_text()
    return convert(tomllib.loads(text)["bug"], tuple[Bug, ...])


def copied(folder: Path) -> Path:
    """A copy of the tree in this folder."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.new"))
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy2(path, folder / path.name)
    return folder


def fate(tree: Path, bug: Bug) -> tuple[Fate, float]:
    """What became of it in this copy, which is as before afterwards; and the seconds that it took."""
    path = tree / bug.file
    text = path.read_text()
    began = monotonic()
    try:
        path.write_text(text.replace(bug.old, bug.new))
        return tested(tree, bug.tests), monotonic() - began
    finally:
        path.write_text(text)


def tested(tree: Path, tests: tuple[str, ...], patience: float = PATIENCE) -> Fate:
    """Run these tests in the tree. An unharmed one survives."""
    environ = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    quick = ("-x", "-q", "-p", "no:cacheprovider", "-p", "bench.mutants.unshrunk")
    words = [sys.executable, "-m", "pytest", *quick, *tests]
    with (tree / "told").open("w") as told:
        process = subprocess.Popen(
            words, cwd=tree, env=environ, stdout=told, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            return "hung"
    return "survived" if code == 0 else "caught" if code == 1 else _broken(tree)


def _broken(tree: Path) -> Fate:
    raise RuntimeError((tree / "told").read_text()[-2000:])
