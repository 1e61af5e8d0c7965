"""`halfpenny router train`: its flags, its refusals, its progress; the run itself is tested where it is made."""

import io
from argparse import ArgumentParser
from pathlib import Path

import pytest

pytest.importorskip("transformers")
from proxy.cli import router, router_train
from proxy.cli.router_words import Refused, extra
from routing.classifier.training.loop import Step


def parser() -> ArgumentParser:
    made = ArgumentParser()
    router.add(made.add_subparsers())
    return made


def test_the_known_flags_are_taken_literally(tmp_path: Path) -> None:
    words = "--output-dir ./models/router --pushgateway-url http://localhost:9091 --max-epochs 20 --patience 5 "
    words += "--learning-rate 3e-5 --batch-size 16 --warmup-ratio 0.1 --log-interval 50 --data rows.jsonl --model m "
    words += "--freeze --seed 3 --resume --device cpu --precision fp32"
    args = parser().parse_args(["router", "train", *words.split()])
    assert (args.output_dir, args.pushgateway_url) == ("./models/router", "http://localhost:9091")
    assert (args.max_epochs, args.patience, args.learning_rate) == (20, 5, 3e-5)
    assert (args.batch_size, args.warmup_ratio, args.log_interval) == (16, 0.1, 50)
    assert (args.freeze, args.seed, args.resume, args.device, args.precision) == (True, 3, True, "cpu", "fp32")


@pytest.mark.parametrize(
    ("rows", "more", "complaint"),
    [
        ("", (), "0 examples are too few"),
        (None, (), "No such file"),
        ("", ("--patience", "0"), "at least 1"),
        ("{", (), "line 1"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: str | None, more: tuple[str, ...], complaint: str
) -> None:
    if rows is not None:
        (tmp_path / "rows.jsonl").write_text(rows)
    words = ["train", "--data", str(tmp_path / "rows.jsonl"), "--output-dir", str(tmp_path / "run"), *more]
    args = parser().parse_args(["router", *words])
    args.environ = {}
    assert router.run(args, io.StringIO()) == 1
    assert complaint in capsys.readouterr().err


def test_a_missing_extra_is_told_by_its_name() -> None:
    with (
        pytest.raises(Refused, match=r"no_such_package is missing: run `pip install 'halfpenny\[train\]'`"),
        extra("train"),
    ):
        __import__("no_such_package")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere() -> None:
    ticks = iter(range(100))
    for where, ends in ((Terminal(), "\r"), (io.StringIO(), "\n")):
        show = router_train.bar(where, 2, lambda: float(next(ticks)))
        for step in range(1, 5):
            show(Step(step, 1, 0.5, 1e-5, 1.0), 4)
        assert "[########################] 4/4  loss 0.5000" in where.getvalue()
        assert where.getvalue().count(ends) == (4 if ends == "\r" else 2)


def test_the_end_is_told(tmp_path: Path) -> None:
    unseen = {"rows": 9, "accuracy": 0.9, "commonest_class": 0.6, "macro_f1": 0.8, "ece": 0.05, "apgr": 0.61}
    proof = {"int8": True, "bytes": 2_000_000, "int8_labels_alike": 1.0, "texts": 9}
    told = "\n".join(router_train.told({"run_id": "r", "steps": 4, "unseen": unseen, "export": proof}, tmp_path))
    for part in ("Run r", "accuracy 0.900", "APGR 0.610", "int8 ONNX, 2.0 MB", f"MODEL_PATH={tmp_path}"):
        assert part in told
