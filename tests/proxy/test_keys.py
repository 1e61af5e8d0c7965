"""Keys: found while they live, gone within a second, never written down."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from proxy.keys import DEVELOPMENT_FILE, FILE, Key, KeyRefused, Keyring, KeyStore, development_key
from routing.budget import Allowance

OWN = Allowance(10_000_000, "day")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[KeyStore]:
    made = KeyStore(tmp_path / FILE, lambda: 1_000)
    yield made
    made.close()


def test_a_key_is_found_and_a_changed_one_is_not(store: KeyStore, tmp_path: Path) -> None:
    key, secret = store.create("alice", OWN)
    ring = Keyring(tmp_path / FILE)
    assert secret.startswith("sk-hp-")
    assert len(secret) == 49
    assert ring.find(secret, 0) == key == Key(key.id, "alice", OWN)
    for wrong in ("", "sk-hp-", secret[:-1], secret + "x", secret.swapcase(), "\udcff", "x" * 100_000):
        assert ring.find(wrong, 0) is None
    ring.close()


def test_a_running_keyring_sees_changes_after_a_quarter_of_a_second(store: KeyStore, tmp_path: Path) -> None:
    ring = Keyring(tmp_path / FILE)
    assert ring.find("sk-hp-none", 10.0) is None
    key, secret = store.create("alice")
    assert ring.find(secret, 10.2) is None
    assert ring.find(secret, 10.25) == key
    store.revoke("alice")
    assert ring.find(secret, 10.5) is None
    ring.close()


def test_only_digests_are_kept(store: KeyStore, tmp_path: Path) -> None:
    _, secret = store.create("alice")
    assert secret[6:].encode() not in (tmp_path / FILE).read_bytes()
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_names_are_taken_while_their_key_lives(store: KeyStore) -> None:
    first, _ = store.create("alice")
    with pytest.raises(KeyRefused, match="already"):
        store.create("alice")
    assert store.revoke(first.id).name == "alice"
    second, _ = store.create("alice", OWN)
    assert [(k.key, k.revoked) for k in store.list() if k.revoked is None] == [(second, None)]
    assert first.id != second.id


def test_revoking_what_does_not_live_is_refused(store: KeyStore) -> None:
    store.create("alice")
    store.revoke("alice")
    for wanted in ("alice", "bob", "' OR 1=1 --"):
        with pytest.raises(KeyRefused, match="no live key"):
            store.revoke(wanted)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 65, "\x1b[31m"])
def test_a_bad_name_is_refused(store: KeyStore, name: str) -> None:
    with pytest.raises(KeyRefused, match="letters"):
        store.create(name)


def test_a_key_carries_its_team_and_a_file_without_teams_gets_them(store: KeyStore, tmp_path: Path) -> None:
    _, old = store.create("alice")
    db = apsw.Connection(str(tmp_path / FILE))
    db.execute("ALTER TABLE keys DROP COLUMN team; PRAGMA user_version = 1")
    db.close()
    newer = KeyStore(tmp_path / FILE, lambda: 2_000)
    _, secret = newer.create("bob", None, "research")
    newer.close()
    ring = Keyring(tmp_path / FILE)
    teams = [key.team for key in (ring.find(old, 0), ring.find(secret, 0)) if key is not None]
    ring.close()
    assert teams == ["", "research"]


def test_a_file_of_a_newer_version_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    KeyStore(tmp_path / FILE, lambda: 0).close()
    db = apsw.Connection(str(tmp_path / FILE))
    db.pragma("user_version", 9)
    db.close()
    with pytest.raises(KeyRefused, match="newer"):
        Keyring(tmp_path / FILE)
    (tmp_path / "bad.db").write_bytes(b"x" * 5000)
    with pytest.raises(KeyRefused, match="cannot be opened"):
        Keyring(tmp_path / "bad.db")


def development(folder: Path) -> Key | None:
    """The development key, found by the worker's side."""
    ring = Keyring(folder / FILE)
    try:
        return ring.find(development_key(folder, lambda: 5), 0)
    finally:
        ring.close()


def test_the_development_key_is_made_once(tmp_path: Path) -> None:
    first = development(tmp_path)
    assert first is not None
    assert first.name == "development"
    assert development(tmp_path) == first
    assert (tmp_path / DEVELOPMENT_FILE).stat().st_mode & 0o777 == 0o600


def test_the_development_key_survives_the_loss_of_either_half(tmp_path: Path) -> None:
    secret = development_key(tmp_path, lambda: 5)
    (tmp_path / FILE).unlink()
    assert development_key(tmp_path, lambda: 5) == secret
    assert development(tmp_path) is not None
    (tmp_path / DEVELOPMENT_FILE).unlink()
    assert development_key(tmp_path, lambda: 5) != secret
    assert development(tmp_path) is not None
    ring = Keyring(tmp_path / FILE)
    assert ring.find(secret, 0) is None
    ring.close()


@pytest.mark.parametrize("content", ["", "sk-hp-short", "not a key\n"])
def test_a_spoilt_development_file_is_written_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / DEVELOPMENT_FILE).write_text(content)
    assert development(tmp_path) is not None
    assert (tmp_path / DEVELOPMENT_FILE).stat().st_mode & 0o777 == 0o600


def test_a_revoked_development_key_does_not_come_back(tmp_path: Path) -> None:
    secret = development_key(tmp_path, lambda: 5)
    store = KeyStore(tmp_path / FILE, lambda: 6)
    store.revoke("development")
    store.close()
    assert development_key(tmp_path, lambda: 7) != secret
    assert development(tmp_path) is not None


OPENS = """
import sys
from pathlib import Path
from proxy.keys import Keyring, KeyStore
paths = sys.argv[1:]
for path in paths:
    print(flush=True)
    sys.stdin.readline()  # all begin at once
    (Keyring(Path(path)) if "ring" in path else KeyStore(Path(path), lambda: 1)).close()
"""


@pytest.mark.parametrize("version", [0, 1])
def test_eight_processes_open_a_fresh_or_an_older_file_at_once(tmp_path: Path, version: int) -> None:
    paths = [tmp_path / f"{kind}{n}.db" for n in range(10) for kind in ("ring", "store")]
    for path in paths if version else ():
        _of_version_1(path)
    words = [sys.executable, "-c", OPENS, *map(str, paths)]
    pipe = subprocess.PIPE
    many = [subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(8)]
    for _ in paths:
        for one in many:
            assert one.stdout is not None and one.stdout.readline() == "\n"
        for one in many:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
    assert [one.communicate()[1] for one in many] == [""] * 8
    for path in paths:
        store = KeyStore(path, lambda: 1)
        assert [listed.key.team for listed in store.list()] == [""] * version
        store.close()


def _of_version_1(path: Path) -> None:
    store = KeyStore(path, lambda: 1)
    store.create("alice")
    store.close()
    db = apsw.Connection(str(path))
    db.execute("ALTER TABLE keys DROP COLUMN team; PRAGMA user_version = 1")
    db.close()
