from pathlib import Path

import pytest

from providers.engine.client import Engine
from providers.engine.engine import Loaded, template_source
from providers.engine.frames import Failed, Options, Start, Turn
from providers.engine.template import TemplateError


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


def test_a_bomb_in_a_template_is_refused_and_the_engine_serves_on(greeting: Path) -> None:
    bomb = "{% if messages[0].content == 'boom' %}{{ ('a' * 10**10) | length }}{% endif %}x"
    loaded: Loaded[str] = Loaded(Engine(model=str(greeting), chat_template=bomb), lambda _share: True, None)
    refused = loaded.submit("me", Start(1, "", (Turn("user", "boom"),), Options(1)))
    assert isinstance(refused, Failed) and (refused.status, refused.code) == (400, "chat_template_refused")
    assert "memory" in refused.message
    assert not isinstance(loaded.submit("me", Start(2, "", (Turn("user", "hi"),), Options(1))), Failed)
    loaded.close()


def test_the_engine_says_what_its_model_can(greeting: Path) -> None:
    plain, tooled = Engine(model=str(greeting)), Engine(model=str(greeting), tools="hermes")
    for settings, more in ((plain, ()), (tooled, ("tools",))):
        loaded: Loaded[str] = Loaded(settings, lambda _share: True, None)
        assert loaded.ready.abilities == ("schema", "logprobs", "many", *more)
        loaded.close()
