"""A whole run, from rows to a folder that transformers reads."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

pytest.importorskip("transformers")
pytest.importorskip("onnxruntime")
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from routing.classifier.training import exporting
from routing.classifier.training.fine_tune import NotResumed, fine_tune
from routing.classifier.training.loop import Step
from routing.classifier.training.settings import Settings
from tests.doubles.berts import tiny_bert


class Died(Exception):
    """The machine went away."""


def prepared(folder: Path, **how: Any) -> Settings:
    """Rows of two models that the words tell apart, and a tiny encoder."""
    torch.set_num_threads(1)
    rows: list[dict[str, Any]] = [
        {"prompt": f"{'sum of' if at % 2 else 'poem of'} {at} lines", "weak_correct": at % 2, "strong_correct": 1}
        for at in range(300)
    ]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    bert = tiny_bert(folder / "bert", [row["prompt"].split(" ")[0] + " of lines" for row in rows])
    chosen = {"max_epochs": 2, "learning_rate": 3e-3, "batch_size": 16, "log_interval": 2, "max_length": 16, **how}
    return Settings((str(folder / "rows.jsonl"),), str(folder / "run"), str(bert), **chosen)


def dying(at: int) -> Callable[[Step, int], None]:
    """The machine goes away when this step is seen."""

    def show(seen: Step, total: int) -> None:
        if seen.step == at:
            raise Died

    return show


def quiet(*_: object) -> None:
    """Nobody looks."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A run that nothing stopped, and its record."""
    folder = tmp_path_factory.mktemp("whole")
    return folder / "run", fine_tune(prepared(folder, checkpoint_steps=4), "run-1", False, quiet, quiet)


def test_a_run_leaves_a_folder_with_all_that_it_promises(whole: tuple[Path, dict[str, Any]]) -> None:
    run, record = whole
    names = {path.name for path in run.iterdir()}
    assert names >= {"config.json", "model.safetensors", "tokenizer.json", "model.int8.onnx", "README.md", "run.json"}
    assert names >= {"metrics.jsonl", "loss.svg", "calibration.svg", "cost_quality.svg"}
    assert "checkpoints" not in names
    assert record["run_id"] == "run-1" and record["export"]["int8"] and record["export"]["texts"] > 80
    assert record["unseen"]["accuracy"] > 0.95 and record["unseen"]["apgr"] > 0.7
    metrics = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert {"step", "loss", "learning_rate", "gradient_norm"} <= set(metrics[0]) and metrics[0]["step"] == 2
    assert [line["epoch"] for line in metrics if "validation_loss" in line] == [1, 2]
    assert "| APGR |" in (run / "README.md").read_text()


def test_transformers_read_the_folder_and_the_label_is_right(whole: tuple[Path, dict[str, Any]]) -> None:
    model, tokenizer = (kind.from_pretrained(whole[0]) for kind in (AutoModelForSequenceClassification, AutoTokenizer))
    assert model.config.id2label == {0: "0", 1: "1"}
    with torch.no_grad():
        logits = model(**tokenizer(["sum of 7 lines", "poem of 8 lines"], return_tensors="pt", padding=True)).logits
    assert logits.argmax(1).tolist() == [0, 1]


def test_a_killed_run_resumes_to_the_figures_of_one_that_was_not(
    whole: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    how = prepared(tmp_path, checkpoint_steps=4)
    with pytest.raises(Died):
        fine_tune(how, "c", False, dying(at=19), quiet)
    with pytest.raises(NotResumed, match="holds a run already"):
        fine_tune(how, "d", False, quiet, quiet)
    resumed = fine_tune(how, "d", True, quiet, quiet)
    assert resumed["run_id"] == "c"
    assert resumed["unseen"] == whole[1]["unseen"]
    metrics = [(run / "metrics.jsonl").read_text() for run in (whole[0], tmp_path / "run")]
    assert metrics[0] == metrics[1]
    with pytest.raises(NotResumed, match="is finished"):
        fine_tune(how, "d", True, quiet, quiet)


def test_an_export_that_is_not_equal_costs_the_run_only_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unequal(*_: object) -> exporting.Proof:
        raise exporting.NotEqual("logits differ")

    monkeypatch.setattr(exporting, "export", unequal)
    said: list[str] = []
    record = fine_tune(prepared(tmp_path, max_epochs=1, freeze=True), "r", False, quiet, said.append)
    assert record["export"] is None and "there is no ONNX file: logits differ" in said
    assert "There is no ONNX form." in (tmp_path / "run" / "README.md").read_text()
    assert (tmp_path / "run" / "model.safetensors").is_file()


def test_a_run_goes_on_only_as_it_was_begun(tmp_path: Path) -> None:
    how = prepared(tmp_path)
    with pytest.raises(NotResumed, match="no checkpoint"):
        fine_tune(how, "a", True, quiet, quiet)
    with pytest.raises(Died):
        fine_tune(how, "a", False, dying(at=1), quiet)
    with pytest.raises(NotResumed, match="no checkpoint"):
        fine_tune(how, "a", True, quiet, quiet)
    (tmp_path / "run" / "checkpoints").mkdir()
    (tmp_path / "run" / "checkpoints" / "newest.pt").write_bytes(b"")
    with pytest.raises(NotResumed, match="begun otherwise: batch_size"):
        fine_tune(structs.replace(how, batch_size=8), "a", True, quiet, quiet)
    (tmp_path / "rows.jsonl").write_bytes((tmp_path / "rows.jsonl").read_bytes() + b"\n")
    with pytest.raises(NotResumed, match="its data changed"):
        fine_tune(how, "a", True, quiet, quiet)
