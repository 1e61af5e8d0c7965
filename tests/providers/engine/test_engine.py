from pathlib import Path

import pytest

from providers.engine.client import Engine
from providers.engine.engine import Loaded, template_source
from providers.engine.frames import Failed, Options, Start, Tool, ToolUse, Turn
from providers.engine.llama import Model
from providers.engine.template import ChatTemplate, TemplateError


def test_a_template_is_text_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "t.jinja").write_text("{{ x }}")
    assert template_source(None) is None
    assert template_source("{{ y }}") == "{{ y }}"
    assert template_source(str(tmp_path / "t.jinja")) == "{{ x }}"
    with pytest.raises(TemplateError):
        template_source(str(tmp_path / "missing.jinja"))


WORDS = "a word and another " * 20_000
PARAMETERS = b'{"type":"object","properties":{}}'
USE = ToolUse("call_1", "f", f'{{"x": "{WORDS}"}}')
HUGE = {
    "letters": ([Turn("user", "x" * 1_000_000)], Options(1)),
    "turns": ([Turn("user", "x"), Turn("assistant", "y")] * 5_000 + [Turn("user", "x")], Options(1)),
    "one side": ([Turn("user", "x")] * 5_000, Options(1)),
    "a description": ([Turn("user", "x")], Options(1, tools=(Tool("f", WORDS, PARAMETERS),))),
    "parameters": ([Turn("user", "x")], Options(1, tools=(Tool("f", "", b'{"x": "%s"}' % WORDS.encode()),))),
    "a past call": ([Turn("user", "x"), Turn("assistant", "", calls=(USE,)), Turn("user", "x")], Options(1)),
}


@pytest.mark.parametrize("name", list(HUGE))
def test_a_huge_conversation_is_refused_without_tokenising(greeting: Path, name: str) -> None:
    """What is said of its size is less than its tokens, so nobody had counted them."""
    settings = Engine(model=str(greeting), tools="hermes")
    loaded: Loaded[str] = Loaded(settings, lambda _share: True, None)
    turns, options = HUGE[name]
    refused = loaded.submit("me", Start(1, "", tuple(turns), options))
    assert isinstance(refused, Failed) and (refused.status, refused.code) == (400, "context_length_exceeded")
    told = int(refused.message.split("your messages are ")[1].split()[0])
    template = ChatTemplate(Model(greeting, lambda _share: True), None, tools="hermes")
    assert loaded.ready.context <= told < len(template.prompt(turns, options).tokens)
    loaded.close()


@pytest.mark.parametrize("room", [0, 1])
def test_what_just_fits_is_taken(greeting: Path, room: int) -> None:
    loaded: Loaded[str] = Loaded(Engine(model=str(greeting)), lambda _share: True, None)
    frame = len(ChatTemplate(Model(greeting, lambda _share: True), None).prompt([Turn("user", "")]).tokens)
    text = "x" * (loaded.ready.context - frame - room)
    refused = loaded.submit("me", Start(1, "", (Turn("user", text),), Options(1)))
    assert isinstance(refused, Failed) == (room == 0)
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
