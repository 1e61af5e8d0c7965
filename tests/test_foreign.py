"""GGUFs that are not ours, through `halfpenny serve`: they answer, or are refused in words; the others are served."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.minilm import MODEL_PATH as MINILM
from providers.tiny import MODEL_PATH as TINY
from tests.doubles import ggufs, llama2c
from tests.doubles.serving import Served, serving
from tests.doubles.vocabularies import unpacked


def truncated(path: Path) -> Path:
    path.write_bytes(TINY.read_bytes()[:-1000])
    return path


def junk(path: Path) -> Path:
    path.write_bytes(b"MZ" * 1000)
    return path


def huge(path: Path) -> Path:
    path.write_bytes(b"GGUF\3\0\0\0" + b"\xff" * 7 + b"\x7f" + b"\xff" * 7 + b"\x7f" + bytes(64))
    return path


Make = Callable[[Path], Path]
REFUSED: dict[str, tuple[str, Make, str]] = {
    "truncated": ("engine", truncated, "1000 bytes are missing at its end"),
    "junk": ("engine", junk, "is not a GGUF file"),
    "huge": ("engine", huge, "is broken: it claims"),
    "pooling": ("engine", ggufs.embedder, "is not a chat model: it is an encoder or embedding model"),
    "minilm": ("engine", lambda _path: MINILM, "serve it with `dialect: encoder`"),
    "phi": ("engine", lambda path: unpacked("phi-3", path.parent), "holds a vocabulary and no weights"),
    "bge": ("encoder", lambda path: unpacked("bert-bge", path.parent), "holds a vocabulary and no weights"),
    "chat": ("encoder", lambda _path: TINY, "it does not pool; `pooling: mean`, `cls` or `last` makes it"),
    "cut": ("encoder", truncated, "1000 bytes are missing at its end"),
}
"""Each provider: its dialect, its file, why it is refused."""
SERVED = """
  good: {{dialect: engine, model: demo}}
  story: {{dialect: engine, model: {folder}/model.gguf, temperature: 0}}
  pooled: {{dialect: encoder, model: {tiny}, pooling: mean}}
"""


@pytest.fixture(scope="module")
def here() -> list[str]:
    """The files that can be there: MiniLM comes with the set-up."""
    return [name for name in REFUSED if name != "minilm" or MINILM.exists()]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("llama2c")
    checkpoint, tokenizer = folder / "checkpoint.bin", folder / "tokenizer.bin"
    llama2c.write(checkpoint, tokenizer)
    llama2c.converted(checkpoint, tokenizer, folder / "model.gguf")
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, story: Path, here: list[str]) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    providers = SERVED.format(folder=story, tiny=TINY)
    for name in here:
        dialect, make, _ = REFUSED[name]
        providers += f"  {name}: {{dialect: {dialect}, model: {make(folder / f'{name}.gguf')}}}\n"
    models = "".join(f"  {name}: {{provider: {name}}}\n" for name in [*here, "good", "story", "pooled"])
    with serving(folder, f"server: {{port: 0}}\nproviders:{providers}\nmodels:\n{models}") as started:
        yield started


def ask(served: Served, model: str, text: str = "hello world", **fields: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {served.key}"}
    body = {"model": model, "messages": [{"role": "user", "content": text}], **fields}
    return httpx.post(f"{served.url}/chat/completions", json=body, headers=headers, timeout=60)


def embed(served: Served, model: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {served.key}"}
    return httpx.post(f"{served.url}/embeddings", json={"model": model, "input": "hi"}, headers=headers, timeout=60)


def test_what_is_no_model_is_refused_in_words_and_the_others_are_served(served: Served, here: list[str]) -> None:
    states = httpx.get(f"{served.url.removesuffix('/v1')}/health/deep").json()["engines"]
    for name in here:
        dialect, _, reason = REFUSED[name]
        (line,) = (line for line in served.banner.splitlines() if f" {name}: NOT SERVED" in line)
        assert reason in line
        assert states[name]["state"] == "refused"
        answer = ask(served, name) if dialect == "engine" else embed(served, name)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "local_model_unavailable")
        assert "cannot be served as it is configured" in answer.json()["error"]["message"]
    assert "Paris" in ask(served, "good", "What is the capital of France?").text


@pytest.mark.parametrize("text", llama2c.CHATS)
def test_a_converted_llama2_c_checkpoint_says_what_run_c_says(served: Served, story: Path, text: str) -> None:
    made, words = llama2c.read(story / "checkpoint.bin"), llama2c.vocabulary(story / "tokenizer.bin")
    prompt = llama2c.chatml(words, text)
    answer = ask(served, "story", text, max_tokens=llama2c.CLEAR, logprobs=True).json()
    usage, choice = answer["usage"], answer["choices"][0]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (len(prompt), llama2c.CLEAR)
    said = llama2c.spelled(words, llama2c.greedy(made, prompt, llama2c.CLEAR))
    assert [bytes(each["bytes"]) for each in choice["logprobs"]["content"]] == said
    assert choice["message"]["content"] == b"".join(said).decode("utf-8", "replace")
    assert choice["finish_reason"] == "length"


def test_a_chat_model_makes_vectors_where_that_is_asked_for(served: Served) -> None:
    assert len(embed(served, "pooled").json()["data"][0]["embedding"]) == 256
