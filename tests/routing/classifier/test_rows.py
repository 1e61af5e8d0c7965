import gzip
from pathlib import Path

import pytest

from providers.words import Message
from routing.classifier.rows import DEMO, DOLLY, MMLU, Asked, Instruction, Outcome, part, read_rows, user, write_rows


def test_the_data_are_read() -> None:
    assert len(read_rows(MMLU, Outcome)) == 1530
    assert len(read_rows(DOLLY, Instruction)) == 15015
    asked = read_rows(DEMO, Asked)
    assert {row.held_out for row in asked} == {True, False}
    assert {row.good for row in asked} == {True, False}
    assert not any(row.good for row in asked if row.family.startswith(("unknown", "refusals", "follow_ups")))


def test_a_prompt_has_one_part_whatever_its_dress() -> None:
    assert part("What is it?") == part("what is IT") == part(" What, is it!\n")


def test_the_parts_have_their_shares() -> None:
    found = [part(f"prompt {n}") for n in range(4000)]
    assert [round(found.count(which) / 4000, 1) for which in ("train", "calibrate", "evaluate")] == pytest.approx(
        [0.7, 0.15, 0.15], abs=0.06
    )


def test_rows_are_written_and_read_plain_or_gzipped_and_always_the_same(tmp_path: Path) -> None:
    rows = [Asked("f", True, "alone", (Message("user", "é"),), True)]
    write_rows(tmp_path / "one.gz", rows)
    write_rows(tmp_path / "two.gz", rows)
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()
    assert read_rows(tmp_path / "one.gz", Asked) == rows
    (tmp_path / "plain").write_bytes(gzip.decompress((tmp_path / "one.gz").read_bytes()) + b"\n")
    assert read_rows(tmp_path / "plain", Asked) == rows


@pytest.mark.parametrize("line", [b'{"prompt": 1}', b'{"prompt": "x"}', b"\xff", b"{"])
def test_a_bad_line_is_named(line: bytes, tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(b'{"prompt": "", "weak_correct": true, "strong_correct": 0.5}\n' + line)
    with pytest.raises(ValueError, match="rows, line 2"):
        read_rows(tmp_path / "rows", Outcome)


def test_user_is_a_conversation_of_one_turn() -> None:
    assert user("x") == (Message("user", "x"),)
