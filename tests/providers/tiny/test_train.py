"""Training on a miniature: it learns, it stops and resumes to the same weights, and its export runs in llama.cpp."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")
import torch
from tokenizers import Tokenizer

from providers.tiny import tokenizer as words
from providers.tiny.batches import padded
from providers.tiny.corpus.mix import digest, shard
from providers.tiny.export import export, record
from providers.tiny.model import Llama, Shape
from providers.tiny.speaker import Speaker
from providers.tiny.train import Recipe, Run, begin, train

MINIATURE = Shape(vocabulary=512, width=64, layers=2, heads=2, kv_heads=1, head_width=32, hidden=96)
SHARD = 40


@pytest.fixture(scope="module")
def tokens() -> str:
    """A small tokenizer as the text of its file."""
    texts = [turn["content"] for turns in shard(1, 0, 400) for turn in turns]
    return words.train(texts, MINIATURE.vocabulary).to_str()


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Threads that wait for each other collapse on a busy machine."""
    torch.set_num_threads(1)


@pytest.fixture
def folder(tmp_path: Path, tokens: str) -> Path:
    """A training folder that has its tokenizer."""
    (tmp_path / "tokenizer.json").write_text(tokens)
    return tmp_path


def recipe(steps: int) -> Recipe:
    """A short training."""
    return Recipe(steps, seed=1, warm_up=1, batch_tokens=512, shard_size=SHARD)


def weights(run: Run) -> list[torch.Tensor]:
    """All parameters."""
    return [weight.detach().clone() for weight in run.model.parameters()]


def test_the_rate_rises_stays_and_falls_to_zero() -> None:
    made = Recipe(100, peak=1.0, warm_up=10, decay_from=0.5)
    assert [made.rate(step) for step in (0, 9, 30, 50, 75, 100)] == [0.1, 1.0, 1.0, 1.0, 0.5, 0.0]


def test_a_stopped_training_resumes_to_the_same_weights(folder: Path) -> None:
    whole = begin(recipe(6), MINIATURE)
    train(whole, recipe(6), folder)
    half = begin(recipe(6), MINIATURE)
    train(half, recipe(6), folder, stop=3)
    resumed = begin(recipe(6), MINIATURE)
    resumed.restore(folder / "checkpoint.pt")
    assert resumed.step == 3
    train(resumed, recipe(6), folder)
    assert all(torch.equal(a, b) for a, b in zip(weights(whole), weights(resumed), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(weights(whole), weights(half), strict=True))
    assert (resumed.tokens, resumed.shards) == (whole.tokens, whole.shards)


def test_training_lowers_the_loss_and_logs_it(folder: Path) -> None:
    run = begin(recipe(30), MINIATURE)
    tokenizer = words.load(folder / "tokenizer.json")
    batch = padded([words.encode(tokenizer, turns) for turns in shard(1, 0, 8)])
    ids, targets = torch.from_numpy(batch.ids), torch.from_numpy(batch.targets)
    before = run.model.loss(ids, targets).item()
    train(run, recipe(30), folder)
    assert run.model.loss(ids, targets).item() < before - 1
    last = json.loads((folder / "training-log.jsonl").read_text().splitlines()[-1])
    assert last["step"] == 30
    assert run.shards[0] == digest(1, 0, SHARD)


def test_only_answers_and_their_ends_are_learned(folder: Path) -> None:
    tokenizer = words.load(folder / "tokenizer.json")
    ids, learned = words.encode(tokenizer, [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho!"}])
    assert [token for token, wanted in zip(ids, learned, strict=True) if wanted] == [
        *words.plain(tokenizer, "Ho!"),
        words.END,
    ]
    assert padded([(ids, learned), (ids[:4], learned[:4])]).targets[1].max() == -1


def test_later_tokens_do_not_change_earlier_states() -> None:
    torch.manual_seed(0)
    model = Llama(MINIATURE)
    ids = torch.randint(0, 512, (1, 200))
    short, long = model(ids[:, :20]), model(ids)
    assert torch.allclose(short, long[:, :20], atol=1e-4)


def test_the_export_answers_in_llama_cpp_as_torch_does(folder: Path) -> None:
    run = begin(recipe(20), MINIATURE)
    train(run, recipe(20), folder)
    checkpoint = torch.load(folder / "checkpoint.pt", weights_only=True)
    export(checkpoint, folder / "tokenizer.json", folder / "model.gguf", "f32")
    speaker = Speaker(folder / "model.gguf")
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    tokenizer = words.load(folder / "tokenizer.json")
    assert speaker.prompt(messages) == words.prompt(tokenizer, messages)
    assert speaker.answer(messages, 12) == torch_answer(run.model, tokenizer, messages, 12)
    speaker.close()
    assert record(checkpoint, "a test")["steps"] == 20


def torch_answer(model: Llama, tokenizer: Tokenizer, messages: list[dict[str, str]], most: int) -> str:
    """The greedy answer of the network itself, in 32 bits."""
    ids = words.prompt(tokenizer, messages)
    start = len(ids)
    for _ in range(most):
        states = model(torch.tensor([ids]))
        token = int((states[0, -1] @ model.embedding.weight.T).argmax())
        if token in (words.END, words.END_OF_TEXT):
            break
        ids.append(token)
    return str(tokenizer.decode(ids[start:]))
