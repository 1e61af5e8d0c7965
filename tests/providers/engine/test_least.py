"""How many tokens a text has at least: never more than llama.cpp makes of it, and not much fewer."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.engine.least import Least
from providers.engine.llama import Model
from providers.tiny import MODEL_PATH
from tests.doubles import ggufs
from tests.doubles.vocabularies import unpacked, vocabulary

INST = "{% for m in messages %}[INST] {{ m.content }} [/INST]{% endfor %}"
NAMES = ("tiny", "sentencepiece", "phi-3")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Model, Least]]:
    folder = tmp_path_factory.mktemp("vocabularies")
    paths = (MODEL_PATH, ggufs.sentencepiece(folder / "spm.gguf", INST), unpacked("phi-3", folder))
    found = {name: vocabulary(path) for name, path in zip(NAMES, paths, strict=True)}
    return {name: (model, Least(model)) for name, model in found.items()}


PIECES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["<|im_end|>", "<|im_start|>", "</s>", "[INST]", "<|end|>", "<|user|>", "\n\n", " " * 40, "=" * 40]
    ),
    st.sampled_from(["there was once ", "understanding", " administration", "    return ", "<|end|>      \n"]),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(NAMES), st.lists(PIECES, max_size=20), st.booleans())
def test_no_text_has_fewer_tokens(
    models: dict[str, tuple[Model, Least]], name: str, parts: list[str], special: bool
) -> None:
    model, least = models[name]
    text = "".join(parts)
    assert least.tokens(text) <= len(model.tokenize(text, special=special))


@pytest.mark.parametrize("name", NAMES)
def test_each_token_alone_is_one_at_most(models: dict[str, tuple[Model, Least]], name: str) -> None:
    model, least = models[name]
    texts = {model.special.get(token) or model.piece(token).decode("utf-8", "ignore") for token in range(model.size)}
    assert max(map(least.tokens, texts)) <= 1


@pytest.mark.parametrize(("name", "share"), [("tiny", 5), ("sentencepiece", 8), ("phi-3", 8)])
def test_ordinary_words_are_seen_to_be_many(models: dict[str, tuple[Model, Least]], name: str, share: int) -> None:
    model, least = models[name]
    text = "A proxy passes requests from a client to another server. " * 50
    assert least.tokens(text) * share > len(model.tokenize(text, special=True))


def test_white_space_that_a_token_takes_along_counts_for_nothing(models: dict[str, tuple[Model, Least]]) -> None:
    model, least = models["phi-3"]
    text = "<|end|>" + " " * 10_000 + "x"
    assert model.strips() and not models["tiny"][0].strips()
    assert least.tokens(text) <= len(model.tokenize(text, special=True)) < 10
    assert models["tiny"][1].tokens(text) > 100


def test_it_looks_no_further_than_is_asked(models: dict[str, tuple[Model, Least]]) -> None:
    least, text = models["tiny"][1], "word " * 200_000
    assert 1_000 <= least.tokens(text, 1_000) < least.tokens(text) / 2
    assert least.tokens(text, 10**9) == least.tokens(text)
