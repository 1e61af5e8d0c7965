"""Every planted bug can still be planted, its tests exist, and a few are caught. All of them: `make mutants`."""

from pathlib import Path

import pytest

from bench.mutants.planting import ROOT, Bug, copied, fate, planted

QUICK = ("money is rounded down", "an estimate passes the hold", "GCRA lets one more in", "a restart goes back in time")


def test_every_bug_can_be_planted_and_changes_something() -> None:
    bugs = planted()
    assert len(bugs) >= 20
    assert [wrong for bug in bugs if (wrong := bug.wrong())] == []
    assert all(bug.old != bug.new and bug.tests for bug in bugs)
    assert len({bug.name for bug in bugs}) == len(bugs)


def test_a_bug_whose_text_or_test_is_gone_is_told() -> None:
    gone = Bug("x", "proxy/money/books.py", "no such text", "", ("tests/money/model.py",))
    assert "stands 0 times in proxy/money/books.py" in gone.wrong()
    there = Bug("x", "proxy/money/books.py", "class Books:", "", ("tests/no_such_test.py",))
    assert "no tests/no_such_test.py" in there.wrong()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("tree"))


@pytest.mark.parametrize("name", QUICK)
def test_a_planted_bug_is_caught(name: str, tree: Path) -> None:
    (bug,) = [bug for bug in planted() if bug.name == name]
    assert fate(tree, Bug(bug.name, bug.file, bug.old, bug.new, bug.tests[:1]))[0] == "caught"
    assert (tree / bug.file).read_text() == (ROOT / bug.file).read_text()


def test_what_changes_nothing_survives(tree: Path) -> None:
    harmless = Bug("x", "proxy/limits/gcra.py", "SLACK = 1_000", "SLACK = 1000", ("tests/proxy/limits/test_gcra.py",))
    assert fate(tree, harmless)[0] == "survived"
