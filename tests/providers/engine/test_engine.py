from pathlib import Path

import pytest

from providers.engine.client import Engine
from providers.engine.engine import HEADROOM, LEAST_CONTEXT, Loaded, check_file, context_size, template_source
from providers.engine.frames import Failed, Options, Start, Turn
from providers.engine.llama import Model, ModelError
from providers.engine.template import TemplateError


def load(path: Path) -> Model:
    return Model(path, lambda _share: True)


def test_the_context_is_within_what_the_model_was_trained_for(greeting: Path) -> None:
    model = load(greeting)
    assert context_size(model, None, 4, None) == model.train_context
    assert context_size(model, 10**9, 4, None) == model.train_context
    assert context_size(model, 100, 4, None) == 100


def test_without_a_wish_the_context_shrinks_to_the_memory(counting: Path) -> None:
    model = load(counting)
    assert context_size(model, None, 4, 10**12) == 4096
    fits = model.weights + HEADROOM + 1024 * 4 * model.memory_per_token()
    assert context_size(model, None, 4, fits) == 1024
    assert context_size(model, None, 4, fits - 1) == LEAST_CONTEXT


def test_what_does_not_fit_is_refused(counting: Path) -> None:
    model = load(counting)
    with pytest.raises(ModelError, match=r"needs about \d+ MiB"):
        context_size(model, None, 4, HEADROOM)
    fits = model.weights + HEADROOM + 1024 * 4 * model.memory_per_token()
    with pytest.raises(ModelError, match="2048 tokens"):
        context_size(model, 2048, 4, fits)


def test_a_file_that_is_no_gguf_is_refused_before_llama_cpp_sees_it(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"GGML junk")
    with pytest.raises(ModelError, match="not a GGUF file"):
        check_file(tmp_path / "junk")
    for missing in (tmp_path / "missing", tmp_path):
        with pytest.raises(ModelError, match="cannot be read"):
            check_file(missing)


def test_a_template_is_text_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "t.jinja").write_text("{{ x }}")
    assert template_source(None) is None
    assert template_source("{{ y }}") == "{{ y }}"
    assert template_source(str(tmp_path / "t.jinja")) == "{{ x }}"
    with pytest.raises(TemplateError):
        template_source(str(tmp_path / "missing.jinja"))


def test_a_huge_conversation_is_refused_without_tokenising(greeting: Path) -> None:
    loaded: Loaded[str] = Loaded(Engine(model=str(greeting)), lambda _share: True, None)
    refused = loaded.submit("me", Start(1, "", (Turn("user", "x" * 10_000_000),), Options(1)))
    assert isinstance(refused, Failed) and refused.code == "context_length_exceeded"
    loaded.close()


def test_a_template_that_refuses_is_the_callers_400(greeting: Path) -> None:
    settings = Engine(model=str(greeting), chat_template="{{ raise_exception('only user') }}")
    loaded: Loaded[str] = Loaded(settings, lambda _share: True, None)
    refused = loaded.submit("me", Start(1, "", (Turn("user", "x"),), Options(1)))
    assert isinstance(refused, Failed)
    assert (refused.status, refused.code, "only user" in refused.message) == (400, "chat_template_refused", True)
    loaded.close()


def test_the_demo_model_tells_its_name() -> None:
    loaded: Loaded[str] = Loaded(Engine(), lambda _share: True, None)
    assert loaded.ready.name
    assert loaded.ready.template
    assert loaded.ready.context == loaded.ready.train_context == 1024
    loaded.close()
