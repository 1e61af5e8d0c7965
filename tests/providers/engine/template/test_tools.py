"""Tools in prompts: by published templates, as text where a template has no place, and never as control tokens."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.engine.frames import Options, Tool, ToolUse, Turn
from providers.engine.llama import Model
from providers.engine.template import ChatTemplate, TemplateError

FOLDER = Path(__file__).parents[1] / "templates"
WEATHER = Tool("weather", "of a city", b'{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}')
CALLED = Turn("assistant", "", calls=(ToolUse("call_1", "weather", '{"city": "Oslo"}'),))
TALK = [Turn("system", "Be brief."), Turn("user", "Oslo?"), CALLED, Turn("tool", "rain", call_id="call_1")]
TOOLS = Options(1, tools=(WEATHER,))


@pytest.fixture(scope="module")
def model(greeting: Path) -> Model:
    return Model(greeting, lambda _share: True)


def source(name: str) -> str:
    return (FOLDER / f"{name}.jinja").read_text()


def written(model: Model, tokens: list[int]) -> str:
    return b"".join(model.special[t].encode() if t in model.special else model.piece(t) for t in tokens).decode()


WITH_TOOLS = [
    *("qwen2.5", "qwen3", "hermes-3", "llama-3.1", "mistral-nemo", "gpt-oss", "qwen3-coder", "qwen3.5", "nemotron-3"),
    *("glm-4.6", "glm-4.7", "deepseek-r1-tools", "kimi-k2", "granite-4.0"),
]


@pytest.mark.parametrize("name", WITH_TOOLS)
def test_published_templates_render_tools_calls_and_results(model: Model, name: str) -> None:
    text = written(model, ChatTemplate(model, source(name)).prompt(TALK, TOOLS).tokens)
    assert "of a city" in text and "Oslo" in text and "rain" in text
    without = written(
        model,
        ChatTemplate(model, source(name)).prompt(TALK[:2], Options(1, tools=(WEATHER,), tool_choice="none")).tokens,
    )
    assert "of a city" not in without


def test_a_call_is_written_as_the_model_learned_it(model: Model) -> None:
    text = written(model, ChatTemplate(model, source("qwen2.5")).prompt(TALK, TOOLS).tokens)
    assert '<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call><|im_end|>' in text
    assert "<tool_response>\nrain\n</tool_response>" in text


@pytest.mark.parametrize(
    ("name", "call", "result"),
    [
        (
            "qwen3-coder",
            "<tool_call>\n<function=weather>\n<parameter=city>\nOslo\n</parameter>\n</function>\n</tool_call>",
            "<tool_response>\nrain\n</tool_response>",
        ),
        (
            "glm-4.6",
            "<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Oslo</arg_value>\n</tool_call>",
            "<tool_response>\nrain\n</tool_response>",
        ),
        (
            "deepseek-r1-tools",
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n"
            '```json\n{"city": "Oslo"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
            "<｜tool▁output▁begin｜>rain<｜tool▁output▁end｜>",
        ),
        (
            "kimi-k2",
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>"
            '{"city": "Oslo"}<|tool_call_end|><|tool_calls_section_end|>',
            "## Return of functions.weather:0\nrain",
        ),
    ],
)
def test_calls_and_results_are_as_each_maker_writes_them(model: Model, name: str, call: str, result: str) -> None:
    text = written(model, ChatTemplate(model, source(name)).prompt(TALK, TOOLS).tokens)
    assert call in text and result in text


def test_kimi_finds_the_name_of_a_call_in_its_id(model: Model) -> None:
    """Moonshot's own template writes the id alone."""
    own = source("kimi-k2").replace("""'functions.' + tool_call['function']['name'] + ':' +""", "")
    own = own.replace("(tool_call_counter.value | string) -%}", "tool_call['id'] -%}", 1)
    template = ChatTemplate(model, own)
    assert template.formats.calls == "kimi"
    again = ToolUse("call_2", "weather", "{}")
    talk = [*TALK, Turn("assistant", "", calls=(again,)), Turn("tool", "sun", call_id="call_2")]
    text = written(model, template.prompt(talk, TOOLS).tokens)
    assert "<|tool_call_begin|>functions.weather:1<|tool_call_argument_begin|>{}" in text
    assert "## Return of functions.weather:1\nsun" in text and "call_1" not in text and "call_2" not in text


def test_arguments_that_nest_too_deep_are_text(model: Model) -> None:
    template, deep = ChatTemplate(model, source("qwen2.5")), '{"a":' * 500 + "1" + "}" * 500
    use = Turn("assistant", "", calls=(ToolUse("call_1", "weather", deep),))
    assert json.dumps(deep)[1:-1] in written(model, template.prompt([TALK[1], use, TALK[3]], TOOLS).tokens)


def test_tools_as_text_for_a_template_without_a_place(model: Model) -> None:
    template = ChatTemplate(model, None, tools="hermes")
    assert template.formats.calls == "hermes"
    text = written(model, template.prompt(TALK, TOOLS).tokens)
    assert "<|im_start|>system\nBe brief.\n\n# Tools" in text and '"of a city"' in text
    assert '<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call><|im_end|>' in text
    assert "<|im_start|>user\n<tool_response>\nrain\n</tool_response>" in text


def test_a_template_without_a_place_for_calls_refuses_them(model: Model) -> None:
    plain = ChatTemplate(model, None)
    assert plain.formats.calls is None
    with pytest.raises(TemplateError, match="no place for tool calls"):
        plain.prompt(TALK)


def test_systems_and_repeats_are_fitted_in(model: Model) -> None:
    gemma = ChatTemplate(model, source("gemma-2"))
    text = written(model, gemma.prompt([Turn("system", "Be brief."), Turn("user", "a"), Turn("user", "b")]).tokens)
    assert "<start_of_turn>user\nBe brief.\n\na\n\nb<end_of_turn>" in text


@pytest.mark.parametrize(
    ("name", "off", "on", "opened"),
    [
        ("qwen3", "assistant\n<think>\n\n</think>\n\n", "assistant\n", False),
        ("deepseek-r1", "<think>\n</think>", "<think>\n", True),
        ("smollm3", "<think>\n\n</think>\n", "assistant\n", False),
    ],
)
def test_thinking_is_off_unless_it_is_asked_for(model: Model, name: str, off: str, on: str, opened: bool) -> None:
    template = ChatTemplate(model, source(name))
    ask = [Turn("user", "x")]
    quiet, loud = template.prompt(ask, Options(1)), template.prompt(ask, Options(1, effort="high"))
    assert written(model, quiet.tokens).endswith(off) and not quiet.opened
    assert written(model, loud.tokens).endswith(on) and loud.opened == opened


def test_a_thought_that_a_template_always_opens_is_closed(model: Model) -> None:
    template = ChatTemplate(model, "{{ messages[0].content }}<think>\n{# </think> #}")
    assert written(model, template.prompt([Turn("user", "x")]).tokens) == "x<think>\n\n</think>\n\n"
    assert template.prompt([Turn("user", "x")], Options(1, effort="low")).opened


def test_effort_is_told_to_who_knows_the_word(model: Model) -> None:
    template = ChatTemplate(model, source("gpt-oss"))
    for effort, word in ((None, "low"), ("minimal", "low"), ("medium", "medium"), ("xhigh", "high")):
        text = written(model, template.prompt([Turn("user", "x")], Options(1, effort=effort)).tokens)
        assert f"Reasoning: {word}" in text


EVIL = st.lists(
    st.sampled_from(
        ["<|im_end|>", "<|im_start|>", "<|im_", "end|>", "<|endoftext|>", "<", "|>", "a", " ", "\n", '"', "é"]
    )
).map("".join)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["qwen2.5", "qwen3", "hermes-3", "chatml+hermes"]), st.lists(EVIL, min_size=9, max_size=9))
def test_nothing_that_is_written_becomes_a_control_token(model: Model, name: str, evil: list[str]) -> None:
    template = ChatTemplate(model, None, tools="hermes") if "+" in name else ChatTemplate(model, source(name))

    def controls(words: list[str]) -> list[int] | None:
        parameters = {"type": "object", "properties": {words[0]: {"type": "string", "description": words[1]}}}
        tool = Tool("weather", words[2], json.dumps(parameters).encode())
        use = ToolUse(words[3], "weather", json.dumps({words[4]: words[5]}))
        turns = [
            *(Turn("system", words[6]), Turn("user", words[7])),
            *(Turn("assistant", "", calls=(use,)), Turn("tool", words[8], call_id=words[3])),
        ]
        try:
            tokens = template.prompt(turns, Options(1, tools=(tool,))).tokens
        except TemplateError:
            return None
        return [token for token in tokens if token in model.special]

    found = controls(evil)
    assert found is None or found == controls(["x"] * 9)
