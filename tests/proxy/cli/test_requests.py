"""`halfpenny requests` as an operator meets it."""

import json
from argparse import ArgumentParser
from io import StringIO
from pathlib import Path

import pytest
from msgspec import structs

from proxy.cli import requests
from proxy.record import Choice, Opinion
from proxy.records import FILE, Records
from tests.doubles.records import RECORD, TRIED

LATER = structs.replace(
    RECORD,
    id="0" * 15 + "1" + "0" * 16,
    key="bob",
    asked="gpt-4o",
    model="",
    provider="",
    route="none",
    status=429,
    outcome="insufficient_quota",
    cost=0,
    baseline=0,
    input=0,
    output=0,
    first_token=None,
    attempts=(structs.replace(TRIED, model="strong", state="void", outcome="insufficient_quota", cost=0, baseline=0),),
    opinion=Opinion(),
    choice=structs.replace(RECORD.choice, left_out=()),
)
EARLY = structs.replace(LATER, id="f" * 32, key="", asked="", status=401, attempts=(), choice=Choice())


def halfpenny(data: Path, *words: str) -> tuple[int, str]:
    """Exit status and output."""
    parser = ArgumentParser()
    requests.add(parser.add_subparsers())
    args = parser.parse_args(["requests", *words])
    args.data = data
    out = StringIO()
    return requests.run(args, out), out.getvalue()


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """Three requests, the last by nobody that is known."""
    store = Records(tmp_path / FILE)
    for record in (RECORD, LATER, EARLY):
        store.add(record)
    await store.aclose()
    return tmp_path


async def test_a_line_each_newest_first(data: Path) -> None:
    status, out = halfpenny(data)
    assert status == 0
    head, *lines = [" ".join(line.split()) for line in out.splitlines()]
    assert head == "time (UTC) id key asked → model route ended input output cost saved ms"
    assert lines == [
        f"2023-11-14 22:13:20 {'f' * 16} - ? → - none 401 insufficient_quota 0 0 $0.00 $0.00 30",
        "2023-11-14 22:13:20 0000000000000001 bob gpt-4o → - none 429 insufficient_quota 0 0 $0.00 $0.00 30",
        f"2023-11-14 22:13:20 {'0' * 16} alice auto → demo local ok 3 4 $0.0000015 $0.0000025 30",
    ]


async def test_some_of_them_and_json(data: Path) -> None:
    assert len(halfpenny(data, "--limit", "1")[1].splitlines()) == 2
    (line,) = halfpenny(data, "--key", "alice", "--json")[1].splitlines()
    found = json.loads(line)
    assert (found["id"], found["saved"], found["no_store"]) == (RECORD.id, 2500, False)
    assert found["attempts"][0]["reasoning"] == 1
    assert found["choice"]["left_out"] == [{"model": "tiny", "why": "cannot do tools"}]


async def test_a_story_in_words(data: Path) -> None:
    status, out = halfpenny(data, "show", "0" * 16)
    assert status == 0
    for words in (
        f"Request {RECORD.id}\n",
        "2023-11-14 22:13:20 UTC, alice asked for auto\n",
        "demo answered (local): 30 ms in all, first token after 10 ms\n",
        "(heads heads-1, tier 0: its words, 210 µs)\n",
        "Difficulty 0.10, confidence 0.80",
        "  strong  0.95\n  demo    0.90\n",
        "1  demo       0.90              +0.90        $0.00          $0.00\n",
        "2  strong     0.95              +0.70       $0.005        $0.0004\n",
        "strong is the baseline",
        "- tiny cannot do tools\n",
        "charged $0.000001500\n",
        "the same tokens from strong: $0.000004000; saved $0.000002500\n",
    ):
        assert words in out


async def test_the_story_says_which_tier_read_and_what_the_challenger_thinks(tmp_path: Path) -> None:
    store = Records(tmp_path / FILE)
    store.add(structs.replace(RECORD, opinion=structs.replace(RECORD.opinion, tier=1, challenger=0.4321)))
    await store.aclose()
    out = halfpenny(tmp_path, "show", RECORD.id)[1]
    assert "(heads heads-1, tier 1: an encoder's vector too, 210 µs)\n" in out
    assert "  The challenger, which decides nothing: P(good) 0.43 of its weakest model.\n" in out


async def test_a_refused_request_has_a_story_too(data: Path) -> None:
    out = halfpenny(data, "show", LATER.id)[1]
    assert "it ended with 429 insufficient_quota" in out
    assert "nobody answered; it took 30 ms" in out
    assert "No opinion" in out
    assert "charged $0.000000000" in out
    bare = halfpenny(data, "show", "FFF")[1]
    assert "nobody that is known asked for nothing" in bare
    assert "What was decided" not in bare


async def test_show_as_json(data: Path) -> None:
    (line,) = halfpenny(data, "show", RECORD.id, "--json")[1].splitlines()
    assert json.loads(line)["opinion"]["good"] == {"demo": 0.9, "strong": 0.95}


async def test_an_id_must_mean_one_request(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert halfpenny(data, "show", "000") == (1, "")
    assert f"Several requests begin with '000':\n  {RECORD.id}\n  {LATER.id}" in capsys.readouterr().err
    assert halfpenny(data, "show", "abc") == (1, "")
    assert "No request 'abc' is recorded." in capsys.readouterr().err
    assert halfpenny(data, "show", "") == (1, "")


def test_an_empty_folder_a_damaged_file_and_a_wrong_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert halfpenny(tmp_path) == (0, "No requests yet.\n")
    (tmp_path / FILE).write_bytes(b"x" * 5000)
    assert halfpenny(tmp_path) == (1, "")
    assert "cannot be read" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        halfpenny(tmp_path, "--limit", "0")
