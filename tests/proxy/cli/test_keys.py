"""`halfpenny keys` as an operator meets it."""

import re
from argparse import ArgumentParser
from io import StringIO
from pathlib import Path

import pytest

from proxy.cli import keys
from proxy.keys import FILE, Keyring
from routing.budget import Allowance


def halfpenny(data: Path, *words: str) -> tuple[int, str]:
    """Exit status and output."""
    parser = ArgumentParser()
    keys.add(parser.add_subparsers())
    args = parser.parse_args(["keys", *words])
    args.data = data
    out = StringIO()
    return keys.run(args, out), out.getvalue()


def test_create_prints_a_key_that_works_with_its_limit(tmp_path: Path) -> None:
    status, out = halfpenny(tmp_path, "create", "alice", "--limit", "$0.01", "--window", "day")
    assert status == 0
    (secret,) = re.findall(r"sk-hp-\S+", out)
    ring = Keyring(tmp_path / FILE)
    key = ring.find(secret, 0)
    ring.close()
    assert key is not None
    assert (key.name, key.allowance) == ("alice", Allowance(10_000_000, "day"))


def test_list_shows_all_keys_and_no_secret(tmp_path: Path) -> None:
    assert "No keys yet" in halfpenny(tmp_path, "list")[1]
    _, made = halfpenny(tmp_path, "create", "alice", "--limit", "$5", "--team", "research")
    halfpenny(tmp_path, "create", "bob")
    assert halfpenny(tmp_path, "revoke", "bob")[0] == 0
    _, shown = halfpenny(tmp_path, "list")
    head, alice, bob = shown.splitlines()
    assert head.split() == ["name", "id", "team", "limit", "created", "(UTC)", "revoked"]
    assert alice.startswith("alice")
    assert "$5.00 a month" in alice
    assert "  research  " in alice
    assert len(bob.split()) == 6  # name, id, and two times
    (secret,) = re.findall(r"sk-hp-(\S+)", made)
    assert secret not in shown


@pytest.mark.parametrize("words", [["revoke", "nobody"], ["create", "a b"]])
def test_a_refusal_is_a_sentence(tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert halfpenny(tmp_path, *words) == (1, "")
    assert re.fullmatch(r"[A-Z].*\.\n", capsys.readouterr().err)


@pytest.mark.parametrize("words", [["--limit", "5"], ["--limit", ""], ["--limit", "$5", "--window", "week"]])
def test_a_mistaken_option_is_explained(tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        halfpenny(tmp_path, "create", "alice", *words)
    assert re.search("written like|choose from", capsys.readouterr().err)
    assert not (tmp_path / FILE).exists()
