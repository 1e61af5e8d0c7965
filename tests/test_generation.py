"""How an answer is made, asked through the whole program: choices, seeds, samplers, stops, likelihoods, characters.

`story` is a model of random weights whose every token is in doubt; `greeting` says one sentence, some characters of
which are several tokens.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.engine.llama import Model
from tests.doubles import ggufs, llama2c
from tests.doubles.ggufs import END
from tests.doubles.serving import Served, serving

GREETING = [b"Hello", b" wor", b"ld", b"! \xe2", b"\x82", b"\xac", b" \xf0\x9f", b"\x98\x80", b" bye", END]
GREETED = "Hello world! € 😀 bye"
CONFIG = """
server: {{port: 0}}
providers:
  story: {{dialect: engine, model: {folder}/story.gguf}}
  greeting: {{dialect: engine, model: {folder}/greeting.gguf, temperature: 0}}
models:
  story: {{provider: story}}
  greeting: {{provider: greeting}}
"""
GREEDY: list[dict[str, Any]] = [{"top_k": 1}, {"min_p": 1}, {"top_p": 0}]
EXTREMES: list[dict[str, Any]] = [
    {"presence_penalty": 2, "frequency_penalty": 2},
    {"presence_penalty": -2, "frequency_penalty": -2},
    {"temperature": 2, "top_p": 1, "top_k": 0, "min_p": 0},
    {"max_completion_tokens": 12, "max_tokens": None, "temperature": None, "n": None, "stop": None, "seed": None},
    {"logprobs": None, "top_logprobs": None, "logit_bias": None, "response_format": None, "tools": None},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("gguf")
    llama2c.write(made / "checkpoint", made / "tokenizer")
    llama2c.converted(made / "checkpoint", made / "tokenizer", made / "story.gguf")
    ggufs.scripted(made / "greeting.gguf", GREETING)
    return made


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served"), CONFIG.format(folder=folder)) as started:
        yield started


@pytest.fixture
def asking(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, headers={"authorization": f"Bearer {served.key}"}, timeout=60) as client:
        yield client


def whole(asking: httpx.Client, model: str = "story", **fields: Any) -> dict[str, Any]:
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 12, **fields}
    answer = asking.post("/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def said(asking: httpx.Client, **fields: Any) -> str:
    text: str = whole(asking, **fields)["choices"][0]["message"]["content"]
    return text


def streamed(asking: httpx.Client, model: str = "story", **fields: Any) -> list[dict[str, Any]]:
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 12, **fields}
    answer = asking.post("/chat/completions", json=body | {"stream": True, "stream_options": {"include_usage": True}})
    return [json.loads(part[6:]) for part in answer.text.split("\n\n") if part.startswith("data: {")]


def test_four_choices_streamed_are_the_same_four_whole_and_their_likelihoods_spell_them(asking: httpx.Client) -> None:
    wish: dict[str, Any] = {"n": 4, "temperature": 1.5, "seed": 7, "logprobs": True, "top_logprobs": 3}
    texts: defaultdict[int, str] = defaultdict(str)
    ends: dict[int, str] = {}
    spelled: defaultdict[int, bytes] = defaultdict(bytes)
    *events, last = streamed(asking, **wish)
    for choice in (choice for event in events for choice in event["choices"]):
        texts[choice["index"]] += choice["delta"].get("content") or ""
        if choice["finish_reason"]:
            ends[choice["index"]] = choice["finish_reason"]
        for token in (choice["logprobs"] or {"content": ()})["content"]:
            assert len(token["top_logprobs"]) == 3 and token["logprob"] <= 0
            spelled[choice["index"]] += bytes(token["bytes"])
    answer = whole(asking, **wish)
    assert [choice["message"]["content"] for choice in answer["choices"]] == [texts[at] for at in range(4)]
    assert len(set(texts.values())) == 4
    assert ends == dict.fromkeys(range(4), "length")
    assert last["usage"]["completion_tokens"] == answer["usage"]["completion_tokens"] == 48
    assert last["usage"]["prompt_tokens"] == answer["usage"]["prompt_tokens"]
    assert {at: data.decode("utf-8", "replace") for at, data in spelled.items()} == texts


def test_a_seed_repeats_and_none_does_not(asking: httpx.Client) -> None:
    assert len({said(asking, seed=5, temperature=1) for _ in range(3)}) == 1
    assert len({said(asking, temperature=1.5) for _ in range(3)}) == 3


@pytest.mark.parametrize("wish", GREEDY)
def test_the_likeliest_whatever_the_temperature(asking: httpx.Client, wish: dict[str, Any]) -> None:
    assert said(asking, temperature=2, max_tokens=4, **wish) == said(asking, temperature=0, max_tokens=4)


@pytest.mark.parametrize("wish", EXTREMES)
def test_extremes_and_nulls_are_answered(asking: httpx.Client, wish: dict[str, Any]) -> None:
    assert whole(asking, **wish)["usage"]["completion_tokens"] > 0


def test_one_token(asking: httpx.Client) -> None:
    answer = whole(asking, max_tokens=1)
    assert (answer["usage"]["completion_tokens"], answer["choices"][0]["finish_reason"]) == (1, "length")


def test_a_bias_bans_and_forces(asking: httpx.Client, folder: Path) -> None:
    model = Model(folder / "greeting.gguf", lambda _share: True)
    ids = {model.piece(token): str(token) for token in range(model.size)}
    assert not said(asking, model="greeting", logit_bias={ids[b"Hello"]: -100}).startswith("Hello")
    assert said(asking, model="greeting", logit_bias={ids[b" bye"]: 100}, max_tokens=3) == " bye" * 3
    model.close()


@pytest.mark.parametrize("stop", ["o w", "world", "€", "ld! €", "😀", ["zzz", " bye"], "Hello", "! ", "bye!"])
def test_a_stop_across_tokens(asking: httpx.Client, stop: str | list[str]) -> None:
    cut = min(
        (GREETED.find(each) for each in ([stop] if isinstance(stop, str) else stop) if each in GREETED), default=99
    )
    assert said(asking, model="greeting", stop=stop) == GREETED[:cut]
    pieces = [choice["delta"] for event in streamed(asking, "greeting", stop=stop) for choice in event["choices"]]
    assert "".join(piece.get("content") or "" for piece in pieces) == GREETED[:cut]


def test_a_character_is_never_split(asking: httpx.Client) -> None:
    deltas = [choice["delta"] for event in streamed(asking, "greeting") for choice in event["choices"]]
    pieces = [delta["content"] for delta in deltas if delta.get("content")]
    assert "".join(pieces) == GREETED
    assert pieces == ["Hello", " wor", "ld", "! ", "€", " ", "😀", " bye"]


def test_likelihoods_are_of_the_bytes(asking: httpx.Client) -> None:
    told = whole(asking, "greeting", logprobs=True)["choices"][0]["logprobs"]["content"]
    assert [bytes(token["bytes"]) for token in told] == GREETING[:-1]
