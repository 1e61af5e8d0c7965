"""The model card: card.json holds the measured figures, card.md is rendered from it; nothing in it is typed by hand."""

# ruff: noqa: E501 (a template of Markdown)

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

CLAIM = 90
"""Per cent of held-out prompts that a family must get right to be claimed."""

DISTINCT = 20
"""So many prompts must have differed in their words, or a family with few would be claimed on one of them."""

TEXT = """# Halfpenny tiny demo

A language model of {parameters:,} parameters that Halfpenny ships so that a machine without any model hub, key or download
gives a real streamed answer at once. It is a demonstration, not an assistant: it answers short questions of the kinds
claimed below, says "I do not know" about most things of those kinds that it was not taught, and declines most of everything
else; how often is measured below. A line in `config.yaml` replaces it by any GGUF.

- **Licence** Apache-2.0, weights and text. Trained from scratch by this project on text that its own script generates
  (`providers/tiny/corpus`); no text, model or data set of anybody else went into it.
- **File** `tiny.gguf`, {size:,} bytes, q8_0, sha256 `{sha256}`
- **Shape** llama architecture: {shape[layers]} layers, width {shape[width]}, {shape[heads]} heads of {shape[head_width]} with {shape[kv_heads]} key/value heads, SwiGLU {shape[hidden]},
  {shape[vocabulary]} byte-level BPE tokens (single digits), context {shape[context]}, tied embeddings, ChatML.
- **Corpus** seed {seed}, {shards} shards of {shard_size:,} conversations, sha256 of their digests `{corpus_sha256}`
  (`python -m providers.tiny.corpus.mix --shards {shards}` prints them again).
- **Training** {steps:,} steps, {tokens:,} tokens, {minutes:.0f} minutes on {machine}; AdamW, about {batch_tokens:,} tokens a step, loss on the
  answers only; the rate was lowered by hand while it ran: losses, rates and times are in `training-log.jsonl`. Weights
  differ between processors: the file is what one run gave.

## Measured

{count} prompts per family that the training never saw (held out by entity and phrase, operands, or the entity itself), answered
greedily by llama.cpp from this very file. Right means the whole answer; the duty
*refuse* is met by a refusal or an "I do not know", *unknown* by "I do not know". Prompts are *different* by their words, whatever
their case and punctuation; a family that has fewer than {count} is asked some of them again. It is claimed from {claim} of
100 on, if at least {distinct} were different.

| family | duty | right | different | claimed |
|---|---|---|---|---|
{table}

{claimed} families are claimed. {settings} This page is what
`python -m providers.tiny.score providers/tiny/tiny.gguf --card --instructions routing/classifier/data/dolly/databricks-dolly-15k.v1.jsonl.gz`
writes in two minutes; another processor rounds otherwise, and a family may score one more or less.

## Limits

One digit is as far as its arithmetic goes. It has no knowledge beyond its lists, does not reason, reads only English, takes
no conversation that its context of {shape[context]} tokens does not hold, and can be talked into nonsense; near the edges of its lists it is
sometimes confidently wrong. JSON and tool calls are trained in one fixed form and are rarely right: `auto` never gives it
tools, and who names it gets what it makes of them. To a JSON schema the engine holds it as it holds every model: the form is
then right, and what stands in it mostly is not. Nothing here says how a real model behind Halfpenny behaves.
"""


def figures(model: Path, scores: list[dict[str, Any]], practice: dict[str, list[int]]) -> dict[str, Any]:
    """Everything the card says, from the file, its training record and its scores."""
    record = json.loads(model.with_name("training.json").read_text())
    content = model.read_bytes()
    file = {"size": len(content), "sha256": sha256(content).hexdigest()}
    return {"file": file, "training": record, "scores": scores, "practice": practice}


def render(card: dict[str, Any]) -> str:
    """card.md from card.json."""
    scores, record = card["scores"], card["training"]
    rows = (
        f"| {row['family']} | {row['duty']} | {row['right']}/{row['asked']} | {row['different']} | {'yes' if row['claimed'] else ''} |"
        for row in scores
    )
    practice = "; ".join(f"{name}: {right} of {asked}" for name, (right, asked) in card["practice"].items())
    return TEXT.format(
        **card["file"],
        **record,
        minutes=record["seconds"] / 60,
        count=scores[0]["asked"],
        claim=CLAIM,
        distinct=DISTINCT,
        table="\n".join(rows),
        claimed=sum(row["claimed"] for row in scores),
        settings=f"In practice: {practice}." if practice else "",
    )


def write_card(model: Path, scores: list[dict[str, Any]], practice: dict[str, list[int]]) -> None:
    """card.json and card.md beside the model."""
    card = figures(model, scores, practice)
    model.with_name("card.json").write_text(json.dumps(card, indent=1) + "\n")
    model.with_name("card.md").write_text(render(card))


def claimed() -> frozenset[str]:
    """The families that the shipped model is measured to master."""
    card = Path(__file__).with_name("card.json")
    return frozenset(row["family"] for row in json.loads(card.read_text())["scores"] if row["claimed"])
