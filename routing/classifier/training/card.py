"""The model card of a trained encoder, in the form that the Hugging Face hub reads."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FIGURES: Mapping[str, str] = {
    "rows": "rows",
    "accuracy": "accuracy",
    "commonest_class": "accuracy of the commonest class",
    "macro_f1": "macro F1",
    "ece": "ECE (15 bins)",
    "label_brier_skill": "Brier skill of P(label 1)",
    "apgr": "APGR",
    "cpt50": "CPT50",
    "cpt80": "CPT80",
}


def card(record: Mapping[str, Any], pictures: Sequence[str]) -> str:
    """Markdown with its front matter."""
    settings, unseen = record["settings"], record["unseen"]
    base = settings["model"]
    named = f"base_model: {base}\n" if not Path(base).exists() else ""
    rows = [f"| {about} | {_told(unseen[name])} |" for name, about in FIGURES.items() if unseen.get(name) is not None]
    choices = ", ".join(f"{name} {value}" for name, value in settings.items() if name not in ("data", "output_dir"))
    shown = "\n".join(f"![{Path(name).stem}]({name})" for name in pictures)
    where = "in the last layer" if record["cooled"] else "which whoever uses them has to do"
    data = ", ".join(f"{name} (sha256 {digest[:12]}…)" for name, digest in record["data"].items())
    return f"""---
library_name: transformers
pipeline_tag: text-classification
tags: [router, halfpenny]
{named}---
# A router's classifier

Classes: {", ".join(record["classes"])}. {_meaning(settings["target"])}

| on texts that it never saw | |
|---|---|
{chr(10).join(rows)}

Trained by `halfpenny router train` (run {record["run_id"]}) on {data}: {choices}.
Texts are split by a hash of their words: 70 % to train, 15 % to stop early and calibrate, 15 % for the table. Logits
were divided by {record["temperature"]:.3f}, {where}.

{_export(record.get("export"))}

{shown}
"""


def _told(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _meaning(target: str) -> str:
    if target == "task":
        return "The class is the kind of task."
    return "Label 0 is the fast path, label 1 the slow one: the small model's answer will probably not do."


def _export(proof: Mapping[str, Any] | None) -> str:
    if proof is None:
        return "There is no ONNX form."
    said = (
        f"On {proof['texts']} texts the fp32 export's logits differ by at most {proof['fp32_logit_difference']:.1e}; "
        f"int8 gives the same label on {proof['int8_labels_alike']:.0%}, "
        f"and probabilities that are {proof['int8_mean_difference']:.4f} apart on average."
    )
    return f"`model.int8.onnx`: {said}" if proof["int8"] else f"`model.onnx`, in fp32 because int8 is not equal: {said}"
