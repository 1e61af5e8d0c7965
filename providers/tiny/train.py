"""Train the demo model from scratch on generated text: resumable, checkpoints every few minutes, CPU or GPU.

    nice -n 19 python -m providers.tiny.train build/tiny --steps 6000

writes tokenizer.json, checkpoint.pt and training-log.jsonl into the folder; run it again to go on where it stopped.
`python -m providers.tiny.export build/tiny providers/tiny/tiny.gguf` makes the file that ships.
"""

import argparse
import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from providers.tiny import tokenizer as words
from providers.tiny.batches import Batch, stream
from providers.tiny.corpus.mix import SHARD_SIZE
from providers.tiny.model import Llama, Shape

CLIP = 1.0
REPORT_STEPS = 50


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides the weights, besides the machine's arithmetic."""

    steps: int
    seed: int = 2026
    peak: float = 2e-3
    warm_up: int = 100
    decay_from: float = 0.0
    batch_tokens: int = 2048
    shard_size: int = SHARD_SIZE
    longest: int = 640

    def rate(self, step: int) -> float:
        """Learning rate: linear warm-up, the peak until `decay_from` of the steps, then linearly to zero."""
        start = max(self.warm_up, self.decay_from * self.steps)
        if step < self.warm_up:
            return self.peak * (step + 1) / self.warm_up
        return self.peak * min(1.0, (self.steps - step) / max(1.0, self.steps - start))


@dataclass(slots=True)
class Run:
    """A training in progress: all that a checkpoint keeps."""

    model: Llama
    optimiser: torch.optim.Optimizer
    step: int = 0
    shard: int = 0
    position: int = 0
    tokens: int = 0
    seconds: float = 0.0
    shards: list[str] = field(default_factory=list)

    def save(self, path: Path, recipe: Recipe) -> None:
        """Write a checkpoint; a stop in the middle leaves the one before."""
        state: dict[str, Any] = {
            name: getattr(self, name) for name in ("step", "shard", "position", "tokens", "seconds", "shards")
        }
        state |= {"shape": self.model.shape.as_dict(), "model": self.model.state_dict()}
        state |= {"optimiser": self.optimiser.state_dict(), "recipe": asdict(recipe)}
        part = path.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, path)

    def restore(self, path: Path) -> None:
        """Go on where a checkpoint was written."""
        state: dict[str, Any] = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        for name in ("step", "shard", "position", "tokens", "seconds", "shards"):
            setattr(self, name, state[name])


def begin(recipe: Recipe, shape: Shape) -> Run:
    """A fresh network and its optimiser."""
    torch.manual_seed(recipe.seed)
    model = Llama(shape)
    matrices = [weight for weight in model.parameters() if weight.dim() > 1]
    vectors = [weight for weight in model.parameters() if weight.dim() == 1]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}]
    return Run(model, torch.optim.AdamW(groups, lr=recipe.peak, betas=(0.9, 0.95)))


def advance(run: Run, recipe: Recipe, batch: Batch) -> float:
    """One step; returns the loss per learned token."""
    for group in run.optimiser.param_groups:
        group["lr"] = recipe.rate(run.step)
    with torch.autocast("cpu", torch.bfloat16):
        loss = run.model.loss(torch.from_numpy(batch.ids), torch.from_numpy(batch.targets))
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), CLIP)
    run.optimiser.step()
    run.step += 1
    run.tokens += batch.ids.size
    return float(loss.detach())


def tokenizer_in(folder: Path, recipe: Recipe) -> Tokenizer:
    """The folder's tokenizer, trained on the first shards if there is none."""
    path = folder / "tokenizer.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        words.train(words.contents(recipe.seed, 3)).save(str(path))
    return words.load(path)


def report(run: Run, recipe: Recipe, loss: float) -> dict[str, float]:
    """One line of progress: on the screen and in the log."""
    speed = run.tokens / max(run.seconds, 1e-9)
    left = run.seconds / run.step * (recipe.steps - run.step)
    print(
        f"step {run.step}/{recipe.steps}  loss {loss:.4f}  {speed:,.0f} tokens/s  {run.tokens / 1e6:.1f} M tokens  "
        f"elapsed {run.seconds / 60:.1f} min  left {left / 60:.1f} min",
        flush=True,
    )
    rate = recipe.rate(run.step - 1)
    return {
        "step": run.step,
        "loss": round(loss, 5),
        "rate": round(rate, 7),
        "tokens": run.tokens,
        "seconds": round(run.seconds, 1),
    }


def trim(log: Path, step: int) -> None:
    """Drop the lines after the checkpoint that a training goes on from."""
    if log.exists():
        lines = [line for line in log.read_text().splitlines(keepends=True) if json.loads(line)["step"] <= step]
        log.write_text("".join(lines))


def train(run: Run, recipe: Recipe, folder: Path, stop: int | None = None, every_seconds: float = 180.0) -> None:
    """Train to step `stop`, or to the last, with a checkpoint every few minutes and at the end."""
    last_step = recipe.steps if stop is None else min(stop, recipe.steps)
    tokenizer = tokenizer_in(folder, recipe)
    trim(folder / "training-log.jsonl", run.step)
    data = stream(
        tokenizer, recipe.seed, run.shard, run.position, recipe.batch_tokens, recipe.longest, recipe.shard_size
    )
    saved = last = time.monotonic()
    losses: list[float] = []
    while run.step < last_step:
        shard, position, digest, batch = next(data)
        if shard == len(run.shards):
            run.shards.append(digest)
        losses.append(advance(run, recipe, batch))
        run.shard, run.position = shard, position + 1
        now = time.monotonic()
        run.seconds, last = run.seconds + now - last, now
        if run.step % REPORT_STEPS == 0 or run.step == last_step:
            line = report(run, recipe, sum(losses) / len(losses))
            losses.clear()
            with (folder / "training-log.jsonl").open("a") as log:
                log.write(json.dumps(line) + "\n")
        if now - saved > every_seconds:
            run.save(folder / "checkpoint.pt", recipe)
            saved = now
    run.save(folder / "checkpoint.pt", recipe)


def main() -> None:
    """Train, or go on with a training that was stopped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where tokenizer, checkpoint and log are")
    parser.add_argument("--steps", type=int, default=6000, help="steps in all (default 6000)")
    parser.add_argument("--stop", type=int, help="stop after this step of the schedule, to go on later")
    parser.add_argument("--batch-tokens", type=int, default=2048, help="tokens per step (default 2048)")
    parser.add_argument("--seed", type=int, default=2026, help="of the corpus and of the weights (default 2026)")
    parser.add_argument("--peak", type=float, default=2e-3, help="highest learning rate (default 0.002)")
    parser.add_argument(
        "--decay-from", type=float, default=0.0, help="share of the steps before the rate falls (default 0)"
    )
    parser.add_argument("--threads", type=int, default=2, help="CPU threads (default 2)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    recipe = Recipe(
        arguments.steps,
        arguments.seed,
        arguments.peak,
        decay_from=arguments.decay_from,
        batch_tokens=arguments.batch_tokens,
    )
    run = begin(recipe, Shape())
    checkpoint = arguments.folder / "checkpoint.pt"
    if checkpoint.exists():
        run.restore(checkpoint)
        print(f"going on at step {run.step}", flush=True)
    train(run, recipe, arguments.folder, arguments.stop)


if __name__ == "__main__":
    main()
