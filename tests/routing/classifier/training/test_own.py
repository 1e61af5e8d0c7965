"""Heads from a few hundred own rows: the demo model's outcomes, as a user's who knows nothing of its making."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from routing.classifier.features import features
from routing.classifier.fitting import Row, logits
from routing.classifier.heads import load
from routing.classifier.rows import DEMO, Asked, read_rows, user
from routing.classifier.scores import curve
from routing.classifier.training import folder, own
from routing.classifier.training.answered import Answered, BadRows
from routing.signals import shipped


@pytest.fixture(scope="module")
def outcomes() -> list[Answered]:
    """Outcomes of single prompts, in a fixed order by chance; the strong model is right on all of them."""
    rows = [row for row in read_rows(DEMO, Asked) if len(row.messages) == 1]
    Random(0).shuffle(rows)
    return [Answered(row.messages[0].text(), {"tiny": float(row.good), "large": 1.0}) for row in rows[:2500]]


def test_500_rows_of_an_own_pair_beat_the_default_in_the_report_and_on_2000_other_rows(
    outcomes: list[Answered],
) -> None:
    default = shipped()
    found = own.fit(outcomes[:500], default)
    assert found.pair == ("tiny", "large")
    assert found.report.better() and found.report.gained > 0.1

    others = [Row(features(user(row.prompt)), row.scores["tiny"]) for row in outcomes[500:]]
    good, always = np.array([row.good for row in others]), np.ones(len(others))
    theirs, ours = (curve(-logits(head, others), good, always).apgr() for head in (default.small, found.small))
    assert ours > theirs + 0.12
    told = next(line for line in found.report.routers if line.name.startswith("own"))
    assert abs(told.apgr - ours) < 0.05, "the report promises what other rows then show"


def test_rows_by_chance_are_not_called_better(outcomes: list[Answered]) -> None:
    rng = Random(3)
    rows = [Answered(row.prompt, {"a": float(rng.random() < 0.5), "b": float(rng.random() < 0.7)}) for row in outcomes]
    report = own.fit(rows[:400], shipped()).report
    assert not report.better()
    assert abs(report.gained) < 0.35


def test_every_model_of_the_rows_gets_a_line_and_the_folder_says_them_again(
    outcomes: list[Answered], tmp_path: Path
) -> None:
    rows = [
        Answered(row.prompt, {**row.scores, "middle": max(row.scores["tiny"], at % 2)})
        for at, row in enumerate(outcomes[:300])
    ]
    default = shipped()
    found = own.fit(rows, default)
    record = own.write(found, default, tmp_path / "heads")
    assert folder.record(tmp_path / "heads").models == record.models
    tiny, middle, large = (record.models[name] for name in ("tiny", "middle", "large"))
    assert (tiny.slope, tiny.shift) == (1.0, 0.0)
    at = found.small.constant
    assert at < middle.slope * at + middle.shift < large.slope * at + large.shift < 12

    again = load(tmp_path / "heads" / folder.HEADS, "own")
    asked = [Row(features(user(row.prompt)), 0.0) for row in rows[:50]]
    assert np.abs(logits(again.small, asked) - logits(found.small, asked)).max() < 0.05


def test_what_cannot_be_learned_from_is_told(outcomes: list[Answered]) -> None:
    with pytest.raises(BadRows, match="40 rows score both tiny and large; at least 50"):
        own.fit(outcomes[:40], shipped())
    always = [Answered(row.prompt, {"a": 0.0, "b": 1.0}) for row in outcomes[:100]]
    with pytest.raises(BadRows, match="a is nearly always right, or nearly never"):
        own.fit(always, shipped())


def test_the_same_prompt_never_stands_in_two_folds() -> None:
    prompts = [f"Prompt  {at % 7}" if at % 2 else f"prompt {at % 7}" for at in range(70)]
    folds = own.grouped_folds(prompts, seed=1)
    assert len({(at % 7, fold) for at, fold in enumerate(folds)}) == 7
    assert len(set(folds)) == own.FOLDS


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (lambda at: (at / "heads.json").unlink(), "heads.json in .* cannot be read: No such file"),
        (lambda at: (at / "heads.json").write_text("{}"), "is no record of heads"),
        (lambda at: (at / "heads.npz").write_bytes(b"half"), "broken or half copied"),
        (lambda at: (at / "heads.npz").unlink(), "heads.npz in .* cannot be read"),
    ],
)
def test_a_broken_folder_says_what_is_wrong(outcomes, tmp_path, broken, complaint) -> None:  # type: ignore[no-untyped-def]
    own.write(own.fit(outcomes[:100], shipped()), shipped(), tmp_path)
    broken(tmp_path)
    with pytest.raises(folder.BadHeads, match=complaint):
        folder.record(tmp_path)
