"""`halfpenny router train`: fine-tunes an encoder of the Hugging Face hub to tell the fast path from the slow one."""

import secrets
import sys
import time
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from proxy.cli.router_words import Refused, extra
from proxy.hub import prepare
from routing.classifier.training.answered import BadRows
from routing.classifier.training.settings import Settings

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from routing.classifier.training.loop import Step

BAR = 24
_DEFAULT = Settings(data=(), output_dir="")
_FLAGS: tuple[tuple[str, type, str], ...] = (
    ("model", str, "a folder, or an id on the Hugging Face hub"),
    ("max-epochs", int, "passes over the training rows at most"),
    ("patience", int, "epochs without a lower validation loss until it stops"),
    ("learning-rate", float, "the highest; it is reached by a linear warm-up and decays linearly to 0"),
    ("batch-size", int, "texts a step"),
    ("warmup-ratio", float, "the warm-up's share of all steps"),
    ("weight-decay", float, "AdamW's"),
    ("max-length", int, "tokens read of a text"),
    ("log-interval", int, "steps between two lines of metrics"),
    ("checkpoint-steps", int, "steps between two checkpoints inside an epoch"),
    ("seed", int, "of the order of the rows, of dropout and of what is initialised"),
    ("device", str, "auto, cpu, cuda or mps"),
    ("pushgateway-url", str, "a Prometheus Pushgateway to tell of each step"),
)


def add(actions: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the action."""
    about = "fine-tune an encoder (needs the extra `train`)"
    parser = actions.add_parser("train", help=about, description=__doc__)
    rows = "outcome rows (see `fit`), or rows of instruction, context and category; may be given more than once"
    parser.add_argument("--data", action="append", required=True, metavar="ROWS.jsonl", help=rows)
    parser.add_argument("--output-dir", required=True, metavar="FOLDER", help="where the run is written")
    for name, kind, help_ in _FLAGS:
        default = getattr(_DEFAULT, name.replace("-", "_"))
        parser.add_argument(f"--{name}", type=kind, default=default, help=f"{help_} (default: {default or 'none'})")
    targets = "label: 0 for the fast path, 1 for the slow one; task: the category (default: label)"
    parser.add_argument("--target", choices=("label", "task"), default="label", help=targets)
    precision = "auto mixes precisions on CUDA and nowhere else (default: auto)"
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16", "fp16"), default="auto", help=precision)
    parser.add_argument("--freeze", action=BooleanOptionalAction, default=False, help="train the last layer alone")
    parser.add_argument("--resume", action="store_true", help="go on with the run in this folder")


def run(args: Namespace, out: TextIO) -> None:
    """Train, and say where the run lies. Raises Refused."""
    chosen = {name: getattr(args, name) for name in _DEFAULT.__struct_fields__}
    try:
        settings = Settings(**{**chosen, "data": tuple(args.data)})
    except ValueError as error:
        raise Refused(str(error)) from None
    prepare(args.environ)
    with extra("train"):
        record = _trained(settings, args.resume)
    print("\n".join(told(record, Path(settings.output_dir))), file=out)


def told(record: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """The end of a run in words."""
    unseen, proof = record["unseen"], record["export"]
    yield f"Run {record['run_id']} is in {folder} after {record['steps']} steps."
    beside = f"accuracy {unseen['accuracy']:.3f} (commonest class {unseen['commonest_class']:.3f})"
    yield f"On {unseen['rows']} unseen texts: {beside},"
    routed = f", APGR {unseen['apgr']:.3f}" if unseen.get("apgr") is not None else ""
    yield f"macro F1 {unseen['macro_f1']:.3f}, ECE {unseen['ece']:.3f}{routed}."
    if proof is not None:
        form = "int8 ONNX" if proof["int8"] else "fp32 ONNX (int8 is not equal)"
        alike = f"the same label on {proof['int8_labels_alike']:.0%} of {proof['texts']} texts"
        yield f"{form}, {proof['bytes'] / 1e6:.1f} MB; in int8 {alike}."
    yield f"To serve it:  MODEL_PATH={folder}   To share it:  halfpenny router push {folder} owner/repo"


def _trained(settings: Settings, resume: bool) -> dict[str, Any]:
    """Raises Refused, or ImportError without the extra."""
    from routing.classifier.training.encoder import NoEncoder
    from routing.classifier.training.fine_tune import NotResumed, fine_tune

    run_id = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(2)}"
    try:
        return fine_tune(settings, run_id, resume, bar(sys.stderr, settings.log_interval, time.monotonic), _say)
    except (NoEncoder, NotResumed, BadRows, OSError) as error:
        raise Refused(f"Nothing was trained: {error}") from None


def bar(where: TextIO, every: int, clock: Callable[[], float]) -> Callable[["Step", int], None]:
    """Shows each step: on a terminal as a bar that stays in its line, elsewhere as a line every so often."""
    start: list[tuple[float, int]] = []  # when the first step was seen, and which it was

    def show(seen: "Step", total: int) -> None:
        if not start:
            start.append((clock(), seen.step))
        began, first = start[0]
        pace = (clock() - began) / max(seen.step - first, 1)
        full = BAR * seen.step // total
        left = f"{pace * (total - seen.step):,.0f} s left at most"
        text = f"[{'#' * full}{'.' * (BAR - full)}] {seen.step}/{total}  loss {seen.loss:.4f}  {left}"
        if where.isatty():
            print(f"\r{text}  ", end="" if seen.step < total else "\n", file=where, flush=True)
        elif seen.step % every == 0 or seen.step == total:
            print(text, file=where, flush=True)

    return show


def _say(sentence: str) -> None:
    print(("\n" if sys.stderr.isatty() else "") + sentence, file=sys.stderr, flush=True)
