"""Rules about keys and teams that nobody has, and keys with limits that nothing can count: told before a start. F49."""

import os
import subprocess
import sys
from pathlib import Path
from time import time_ns

import apsw
import pytest

from proxy.config.load import parse
from proxy.config.report import Mistake
from proxy.config.whom import nobody
from proxy.keys import FILE, KeyRefused, KeyStore
from routing.budget import Allowance

ROOT = Path(__file__).resolve().parents[3]
LARGEST = 9_000_000 * 10**9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with two keys: one in a team, one revoked."""
    keys = KeyStore(tmp_path / FILE, time_ns)
    keys.create("alice", team="research")
    keys.create("bob", Allowance(LARGEST))
    keys.revoke("bob")
    keys.close()
    return tmp_path


def told(folder: Path, text: str) -> list[Mistake]:
    keys = KeyStore(folder / FILE, time_ns)
    try:
        return list(nobody(parse(text, {}, "x"), keys.list()))
    finally:
        keys.close()


@pytest.mark.parametrize("name", ["alice", "bob", "development"])
def test_a_rule_about_a_key_that_there_is_or_was_is_in_order(folder: Path, name: str) -> None:
    assert told(folder, f"budgets: [{{name: a, limit: $1, key: {name}}}]\n") == []
    assert told(folder, f"limits: [{{name: a, parallel: 1, key: {name}, team: research}}]\n") == []


@pytest.mark.parametrize(
    ("rule", "path", "message", "hint"),
    [
        ("budgets: [{name: a, limit: $1, key: alcie}]", "budgets[0].key", "no key `alcie`", "did you mean `alice`?"),
        ("limits: [{name: a, parallel: 1, key: alcie}]", "limits[0].key", "no key `alcie`", "keys create alcie"),
        ("limits: [{name: a, parallel: 1, team: reserch}]", "limits[0].team", "no team `reserch`", "`research`?"),
        ("limits: [{name: a, parallel: 1, team: x}]", "limits[0].team", "no team `x`", "the teams are: research"),
    ],
)
def test_a_mistyped_name_is_told_with_the_nearest(folder: Path, rule: str, path: str, message: str, hint: str) -> None:
    (mistake,) = told(folder, rule + "\n")
    assert mistake.path == path
    assert message in mistake.message
    assert hint in mistake.hint


def test_replicas_may_have_keys_of_their_own(folder: Path) -> None:
    store = "store: {redis: redis://x/0, postgres: postgresql://x/y}\n"
    assert told(folder, store + "budgets: [{name: a, limit: $1, key: elsewhere}]\n") == []


@pytest.mark.parametrize("limit", [-1, LARGEST + 1, 2**53 + 1, 2**63 - 1])
def test_a_keys_own_limit_that_nothing_can_count_is_not_made(folder: Path, limit: int) -> None:
    keys = KeyStore(folder / FILE, time_ns)
    with pytest.raises(KeyRefused, match=r"The key is not made: a limit is at most \$9,000,000"):
        keys.create("carol", Allowance(limit))
    assert [listed.key.name for listed in keys.list()] == ["alice", "bob"]
    keys.close()


def test_serve_refuses_both_and_serves_nothing(folder: Path) -> None:
    """One is in the file all the same: an older Halfpenny, or a hand, wrote it."""
    db = apsw.Connection(str(folder / FILE))
    db.execute("UPDATE keys SET \"limit\" = 1 << 54, window = 'month' WHERE name = 'alice'")
    db.close()
    (folder / "config.yaml").write_text("server: {port: 0}\nbudgets: [{name: a, limit: $1, key: alcie}]\n")
    environ = {**os.environ, "HALFPENNY_DATA": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "proxy", "serve"]
    ended = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("config.yaml: 2 mistakes\n")
    assert "key alice: a limit is at most $9,000,000" in ended.stderr
    assert "budgets[0].key: there is no key `alcie`" in ended.stderr
    assert not (folder / "ledger.db").exists()
