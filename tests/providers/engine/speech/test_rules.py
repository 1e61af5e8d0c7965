"""Grammars of answers, tried on llama.cpp's own matcher through its sampler."""

import ctypes
import re
from pathlib import Path

import llama_cpp.llama_cpp as lib
import pytest

from providers.engine.frames import Options, Tool
from providers.engine.llama import Model
from providers.engine.speech import Formats, SpeechError, speech_for
from providers.engine.speech.base import Calls
from providers.engine.speech.forms import FORMS

SUM = Tool("sum", "adds", b'{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}')
NOW = Tool("now")
THINK = ("<think>", "</think>")
HERMES = '<tool_call>\n{"name": "sum", "arguments": {"a": 1}}\n</tool_call>'
WRITTEN: dict[Calls, str] = {
    "hermes": HERMES,
    "llama3": '{"name": "sum", "parameters": {"a": 1}}',
    "mistral": '[TOOL_CALLS][{"name": "sum", "arguments": {"a": 1}}]',
    "mistral_args": '[TOOL_CALLS]sum[ARGS]{"a": 1}',
    "harmony": '<|channel|>commentary to=functions.sum <|constrain|>json<|message|>{"a": 1}',
    "qwen_xml": "<tool_call>\n<function=sum>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>",
    "glm": "<tool_call>sum\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n</tool_call>",
    "deepseek": (
        '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>sum<｜tool▁sep｜>{"a": 1}<｜tool▁call▁end｜><｜tool▁calls▁end｜>'
    ),
    "deepseek_fenced": (
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>sum\n```json\n"
        '{"a": 1}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>'
    ),
    "kimi": (
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.sum:0<|tool_call_argument_begin|>"
        '{"a": 1}<|tool_call_end|><|tool_calls_section_end|>'
    ),
}
ARGUMENT = re.compile(r'"a": 1|<parameter=a>\n1\n</parameter>\n|<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n')


@pytest.fixture(scope="module")
def model(greeting: Path) -> Model:
    return Model(greeting, lambda _share: True)


def keeps(model: Model, grammar: str | None, text: str) -> bool | None:
    """Whether a text keeps a grammar whole; None: it could, were there more of it; a byte a token."""
    assert grammar is not None
    vocab = lib.llama_model_get_vocab(model.handle)
    sampler = lib.llama_sampler_init_grammar(vocab, grammar.encode(), b"root")
    assert sampler, grammar
    try:
        for token in model.tokenize(text, special=False):
            if not allowed(sampler, token):
                return False
            lib.llama_sampler_accept(sampler, token)
        return True if allowed(sampler, lib.llama_vocab_eos(vocab)) else None
    finally:
        lib.llama_sampler_free(sampler)


def allowed(sampler: ctypes.c_void_p, token: int) -> bool:
    data = lib.llama_token_data(id=token, logit=1.0, p=0.0)
    array = lib.llama_token_data_array(data=ctypes.pointer(data), size=1, selected=-1, sorted=False)
    lib.llama_sampler_apply(sampler, ctypes.byref(array))
    return bool(data.logit > -1e9)


def grammar(formats: Formats, choice: str = "auto", *, opened: bool = False, **more: object) -> str | None:
    options = Options(9, tools=(SUM, NOW), tool_choice=choice)
    for name, value in more.items():
        options = Options(**{**{f: getattr(options, f) for f in options.__struct_fields__}, name: value})
    return speech_for(formats, options, opened).grammar


@pytest.mark.parametrize(("calls", "text"), WRITTEN.items())
def test_a_required_call_is_a_call(model: Model, calls: Calls, text: str) -> None:
    required, named = grammar(Formats(calls), "required"), grammar(Formats(calls), "=now")
    assert keeps(model, required, text)
    assert keeps(model, required, "Hello") is False
    assert keeps(model, required, text.replace("sum", "mus")) is False
    assert keeps(model, required, text.replace("1", '"1"')) is False
    assert keeps(model, required, ARGUMENT.sub("", text)) is False
    assert keeps(model, named, text) is False
    assert keeps(model, named, ARGUMENT.sub("", text.replace("sum", "now")))


@pytest.mark.parametrize(("calls", "text"), WRITTEN.items())
def test_auto_is_free_until_it_calls(model: Model, calls: Calls, text: str) -> None:
    auto = grammar(Formats(calls))
    assert keeps(model, auto, "Hello < there, <tool [TOOL é\n<|channel|>final<|message|>x")
    assert keeps(model, auto, text)
    assert keeps(model, auto, "")
    assert keeps(model, auto, text.replace("sum", "mus")) is False
    if calls != "llama3":
        assert keeps(model, auto, "Let me <see.\n" + text)


def test_one_call_where_they_may_not_be_parallel(model: Model) -> None:
    for calls in (Formats("hermes"), Formats("mistral_args"), Formats("qwen_xml"), Formats("glm")):
        one = WRITTEN[calls.calls or "hermes"]
        assert keeps(model, grammar(calls, "required"), one + one)
        assert keeps(model, grammar(calls, "required", parallel=False), one)
        assert keeps(model, grammar(calls, "required", parallel=False), one + one) is False
        assert keeps(model, grammar(calls, parallel=False), one + one) is False


@pytest.mark.parametrize("calls", ["deepseek", "deepseek_fenced", "kimi"])
def test_calls_in_one_section_are_parallel(model: Model, calls: Calls) -> None:
    text = WRITTEN[calls]
    begin, end = FORMS[calls].lead.strip('"'), FORMS[calls].end.strip('?"')
    one = text.removeprefix(begin).removesuffix(end)
    assert keeps(model, grammar(Formats(calls), "required"), begin + one + one + end)
    assert keeps(model, grammar(Formats(calls)), f"Let me see.{begin}{one}{one}{end}")
    assert keeps(model, grammar(Formats(calls), "required", parallel=False), begin + one + one + end) is False


def tagged(calls: Calls, value: str) -> str:
    """A call to `put` with this argument `x`."""
    if calls == "glm":
        return f"<tool_call>put\n<arg_key>x</arg_key>\n<arg_value>{value}</arg_value>\n</tool_call>"
    return f"<tool_call>\n<function=put>\n<parameter=x>\n{value}\n</parameter>\n</function>\n</tool_call>"


def put(schema: bytes, *, strict: bool = False) -> Tool:
    parameters = b'{"type":"object","properties":{"x":%b},"required":["x"],"additionalProperties":false,' % schema
    return Tool("put", "", parameters + b'"$defs":{"n":{"type":"integer","maximum":9}}}', strict)


@pytest.mark.parametrize("calls", ["qwen_xml", "glm"])
@pytest.mark.parametrize(
    ("schema", "kept", "broken"),
    [
        (b'{"type":"string"}', ["", "any\n</tool_call> text é ｜", '"x"', "<"], []),
        (b'{"enum":["a b","c\\n"]}', ["a b", "c\n"], ["a", '"a b"', ""]),
        (b'{"const":"a"}', ["a"], ["b", '"a"']),
        (b'{"type":"string","enum":[1]}', ["any"], []),
        (b'{"type":"integer"}', ["-5", "0"], ["", "x", "1.5", '"1"']),
        (b'{"$ref":"#/$defs/n"}', ["9"], ["10", "x"]),
        (b'{"type":["string","null"]}', ["null", "x"], []),
        (b'{"type":"array","items":{"type":"boolean"}}', ["[true, false]", "[]"], ["true", "[1]"]),
        (b'{"type":"object","properties":{"y":{"type":"string"}}}', ['{"y": "</x>"}'], ["y", "[]"]),
        (b'{"type":"number","not":{}}', ["1", '"any"'], ["x"]),
    ],
)
def test_arguments_in_tags_keep_their_schemas(
    model: Model, calls: Calls, schema: bytes, kept: list[str], broken: list[str]
) -> None:
    options = Options(9, tools=(put(schema),), tool_choice="required")
    made = speech_for(Formats(calls), options).grammar
    assert [keeps(model, made, tagged(calls, value)) for value in kept] == [True] * len(kept)
    assert [bool(keeps(model, made, tagged(calls, value))) for value in broken] == [False] * len(broken)


@pytest.mark.parametrize(
    ("schema", "where"),
    [
        (b'{"type":"string","pattern":"^a$"}', ".properties.x"),
        (b'{"type":["string","number"],"minimum":3}', ".properties.x"),
        (b'{"type":"number","not":{}}', ".properties.x"),
        (b'{"type":"string","enum":[1]}', ""),
        (b'{"const":"a"}', None),
        (b'{"type":"integer","minimum":3}', None),
        (b'{"type":"string","enum":["a"]}', None),
    ],
)
def test_a_strict_tool_in_tags_is_refused_where_it_cannot_be_kept(schema: bytes, where: str | None) -> None:
    options = Options(9, tools=(put(schema, strict=True),))
    if where is None:
        assert speech_for(Formats("glm"), options).grammar
        return
    with pytest.raises(SpeechError) as refused:
        speech_for(Formats("glm"), options)
    assert refused.value.param == "tools[0].function.parameters" + where


@pytest.mark.parametrize("parameters", [b'{"properties":{"a>b":{"type":"integer"}}}', b'{"type":"array"}'])
def test_what_tags_cannot_say_is_refused(parameters: bytes) -> None:
    with pytest.raises(SpeechError) as refused:
        speech_for(Formats("qwen_xml"), Options(9, tools=(Tool("put", "", parameters, strict=True),)))
    assert (refused.value.param, refused.value.code) == ("tools[0].function.parameters", "invalid_schema")


def test_a_thought_may_come_before_anything(model: Model) -> None:
    formats = Formats("hermes", THINK)
    for text in (HERMES, f"<think>\nI could <tool_call> </thin\n</think>\n\n{HERMES}"):
        assert keeps(model, grammar(formats, "required"), text)
        assert keeps(model, grammar(formats), text)
    opened = grammar(formats, "required", opened=True)
    assert keeps(model, opened, f"hm</think>{HERMES}")
    assert keeps(model, opened, "hm") is None
    harmony = grammar(Formats("harmony"), "required")
    thought = "<|channel|>analysis<|message|>hm <|end|><|start|>assistant"
    assert keeps(model, harmony, thought + WRITTEN["harmony"])
    assert keeps(model, harmony, " to=functions.sum<|channel|>commentary json" + '<|message|>{"a": 1}')


def test_a_schema_is_kept_after_any_thought(model: Model) -> None:
    schema = b'{"type":"object","properties":{"b":{"type":"boolean"}},"required":["b"]}'
    options = Options(9, schema=schema)
    assert keeps(model, speech_for(Formats(), options).grammar, '{"b": true}')
    thinking = speech_for(Formats(None, THINK), options).grammar
    assert keeps(model, thinking, '<think>hm</think>\n\n{"b": true}')
    assert keeps(model, thinking, '{"b": 1}') is False
    harmony = speech_for(Formats("harmony"), options).grammar
    assert keeps(model, harmony, '<|channel|>final<|message|>{"b": true}')
    assert keeps(model, harmony, "<|channel|>final<|message|>Sure") is False
    both = speech_for(Formats("hermes"), Options(9, tools=(SUM,), schema=schema)).grammar
    assert keeps(model, both, '{"b": true}') and keeps(model, both, HERMES)
    assert keeps(model, both, "Hello") is False
    assert keeps(model, speech_for(Formats(), Options(9, schema=b"{}")).grammar, "[1]") is False


def test_nothing_asked_nothing_held() -> None:
    assert speech_for(Formats("hermes", THINK), Options(9)).grammar is None
    assert speech_for(Formats("hermes"), Options(9, tools=(SUM,), tool_choice="none")).grammar is None


def test_what_cannot_be_kept_is_refused_by_name(model: Model) -> None:
    never = b'{"type":"object","properties":{"a":{"enum":[]}},"required":["a"]}'
    with pytest.raises(SpeechError) as refused:
        speech_for(Formats(), Options(9, schema=never))
    assert refused.value.param.startswith("response_format")
    with pytest.raises(SpeechError) as refused:
        speech_for(Formats("hermes"), Options(9, tools=(NOW, Tool("x", "", never, strict=True))))
    assert refused.value.param.startswith("tools[1].function.parameters")
    lenient = speech_for(Formats("hermes"), Options(9, tools=(Tool("sum", "", never),), tool_choice="required"))
    assert keeps(model, lenient.grammar, HERMES)
    with pytest.raises(SpeechError) as refused:
        speech_for(Formats(), Options(9, tools=(SUM,)))
    assert (refused.value.param, refused.value.code) == ("tools", "unsupported_feature")
