"""`halfpenny usage` as an operator meets it."""

import json
from argparse import ArgumentParser
from io import StringIO
from pathlib import Path

import pytest

from proxy.cli import usage
from proxy.keys import FILE as KEYS
from proxy.keys import KeyStore
from proxy.money.schema import FILE
from proxy.money.sqlite import SqliteLedger
from tests.doubles.ledgers import hold, settled

DAY = 86_400 * 10**9


def halfpenny(data: Path, *words: str) -> tuple[int, str]:
    """Exit status and output."""
    parser = ArgumentParser()
    usage.add(parser.add_subparsers())
    args = parser.parse_args(["usage", *words])
    args.data = data
    out = StringIO()
    return usage.run(args, out), out.getvalue()


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """Two requests of alice and one of a key that nobody knows any more."""
    store = KeyStore(tmp_path / KEYS, lambda: 1)
    alice, _ = store.create("alice")
    store.close()
    ledger = SqliteLedger(tmp_path / FILE, lambda: 0, lambda _: None)
    for id, key, at, cost, baseline in (
        ("a", alice.id, DAY, 123_400, 200_000),
        ("b", alice.id, 2 * DAY, 1, 1),
        ("c", "key_old", DAY, 7, 2),
    ):
        await ledger.reserve(hold(id, 200_000, key=key, model="gpt-4o", at=at))
        await ledger.settle(settled(id, cost, baseline=baseline))
    await ledger.aclose()
    return tmp_path


async def test_the_table_names_keys_and_sums_exactly(data: Path) -> None:
    status, out = halfpenny(data)
    assert status == 0
    assert [line.split() for line in out.splitlines()] == [
        ["key", "model", "day", "requests", "input", "output", "cost", "saved", "estimated"],
        ["alice", "gpt-4o", "1970-01-02", "1", "10", "5", "$0.000123400", "$0.000076600", "$0.000000000"],
        ["alice", "gpt-4o", "1970-01-03", "1", "10", "5", "$0.000000001", "$0.000000000", "$0.000000000"],
        ["key_old", "gpt-4o", "1970-01-02", "1", "10", "5", "$0.000000007", "-$0.000000005", "$0.000000000"],
        ["total", "$0.000123408,", "saved", "$0.000076595"],
    ]


async def test_groups_days_and_json(data: Path) -> None:
    _, out = halfpenny(data, "--by", "key", "--since", "1970-01-02", "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert sorted((line["key"], line["requests"], line["cost"], line["saved"]) for line in lines) == [
        ("alice", 2, 123_401, 76_600),
        ("key_old", 1, 7, -5),
    ]
    assert halfpenny(data, "--since", "1970-01-04")[1] == "Nothing was used yet.\n"


def test_an_empty_data_folder_is_no_mistake(tmp_path: Path) -> None:
    assert halfpenny(tmp_path) == (0, "Nothing was used yet.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--by", "colour"], ["--by", "key,key"], ["--by", ""], ["--since", "yesterday"]])
def test_a_mistaken_option_is_explained(tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        halfpenny(tmp_path, *words)
    assert "argument" in capsys.readouterr().err


def test_a_damaged_ledger_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / FILE).write_bytes(b"x" * 5000)
    assert halfpenny(tmp_path) == (1, "")
    assert "cannot be read" in capsys.readouterr().err
