"""The folder of a training run: its record, its metrics by step, its pictures, its card."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from routing.classifier.training.assess import Worth
from routing.classifier.training.charts import Series, chart

RECORD, METRICS, CARD = "run.json", "metrics.jsonl", "README.md"
LOSS, CALIBRATION, COST_QUALITY = "loss.svg", "calibration.svg", "cost_quality.svg"


class RunFolder:
    """`config.json` is the transformer's own; what this run did stands in `run.json`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def record(self) -> dict[str, Any]:
        """What is known of the run; empty before it began. Raises ValueError when it is no record."""
        path = self.folder / RECORD
        return dict(json.loads(path.read_text())) if path.is_file() else {}

    def note(self, values: Mapping[str, Any]) -> None:
        """Add to the record."""
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f"{RECORD}.new"
        fresh.write_text(json.dumps({**self.record(), **values}, indent=1) + "\n")
        fresh.replace(self.folder / RECORD)

    def measure(self, values: Mapping[str, Any]) -> None:
        """Add a line of metrics."""
        with (self.folder / METRICS).open("a") as file:
            file.write(json.dumps(values) + "\n")

    def metrics(self) -> list[dict[str, Any]]:
        """All lines."""
        path = self.folder / METRICS
        return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []

    def forget_after(self, step: int) -> None:
        """Drop the lines of steps that will be done again."""
        kept = [line for line in self.metrics() if line["step"] <= step]
        (self.folder / METRICS).write_text("".join(json.dumps(line) + "\n" for line in kept))

    def draw(self, worth: Worth) -> list[str]:
        """The pictures; their names."""
        made = {LOSS: _loss(self.metrics()), CALIBRATION: _calibration(worth.reliability)}
        if worth.curve is not None:
            points = list(zip(worth.curve.shares.tolist(), worth.curve.recovered.tolist(), strict=True))
            lines = [Series("this router", points), Series("random", ((0.0, 0.0), (1.0, 1.0)))]
            made[COST_QUALITY] = chart("Cost and quality", "share of strong calls", "gap recovered", lines)
        for name, text in made.items():
            (self.folder / name).write_text(text)
        return list(made)


def _loss(metrics: Sequence[Mapping[str, Any]]) -> str:
    steps = [(line["step"], line["loss"]) for line in metrics if "loss" in line]
    epochs = [(line["step"], line["validation_loss"]) for line in metrics if "validation_loss" in line]
    return chart("Loss", "step", "cross entropy", [Series("training", steps), Series("validation", epochs, dots=True)])


def _calibration(reliability: Sequence[tuple[float, float]]) -> str:
    lines = [Series("this router", reliability, dots=True), Series("perfect", ((0.0, 0.0), (1.0, 1.0)))]
    return chart("Calibration on unseen rows", "confidence", "share right", lines)
