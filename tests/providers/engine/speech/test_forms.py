"""Calls as several makers' models write them, byte for byte, cut at every position."""

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.engine.frames import Tool
from providers.engine.speech.base import Calls, Formats
from providers.engine.speech.forms import FORMS
from providers.engine.speech.spoken import Plan, Spoken, controls

SUM = Tool("sum", "", b'{"type":"object","properties":{"a":{"type":"integer"},"note":{"type":"string"}}}')
TOOLS = (SUM, Tool("now"))
WRITTEN: dict[str, tuple[Calls, str]] = {
    "qwen3-coder": (
        "qwen_xml",
        "Let me see.\n\n<tool_call>\n<function=sum>\n<parameter=a>\n12\n</parameter>\n<parameter=note>\n"
        'say "hi"\n\n</par\n</parameter>\n</function>\n</tool_call>\n'
        "<tool_call>\n<function=now>\n</function>\n</tool_call>",
    ),
    "glm-4.6": (
        "glm",
        "Let me see.\n<tool_call>sum\n<arg_key>a</arg_key>\n<arg_value>12</arg_value>\n<arg_key>note</arg_key>\n"
        '<arg_value>say "hi"\n\n</par</arg_value>\n</tool_call>\n<tool_call>now\n</tool_call>',
    ),
    "glm-4.7": (
        "glm",
        "Let me see.<tool_call>sum<arg_key>a</arg_key><arg_value>12</arg_value><arg_key>note</arg_key>"
        '<arg_value>say "hi"\n\n</par</arg_value></tool_call><tool_call>now</tool_call>',
    ),
    "deepseek-r1": (
        "deepseek_fenced",
        "Let me see.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>sum\n```json\n"
        '{"a": 12, "note": "say \\"hi\\"\\n\\n</par"}\n```<｜tool▁call▁end｜>\n'
        "<｜tool▁call▁begin｜>function<｜tool▁sep｜>now\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    ),
    "deepseek-v3.1": (
        "deepseek",
        "Let me see.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>sum<｜tool▁sep｜>"
        '{"a": 12, "note": "say \\"hi\\"\\n\\n</par"}<｜tool▁call▁end｜>'
        "<｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    ),
    "kimi-k2": (
        "kimi",
        "Let me see.<|tool_calls_section_begin|><|tool_call_begin|>functions.sum:0<|tool_call_argument_begin|>"
        '{"a": 12, "note": "say \\"hi\\"\\n\\n</par"}<|tool_call_end|>'
        "<|tool_call_begin|>functions.now:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>",
    ),
}
CALLED = [["call_0", "sum", {"a": 12, "note": 'say "hi"\n\n</par'}], ["call_1", "now", {}]]


def speech(calls: Calls, tools: tuple[Tool, ...] = TOOLS) -> Spoken:
    ids = map(str, itertools.count())
    return Spoken(Plan(Formats(calls), tools, False, None, lambda: next(ids)))


def heard(one: Spoken, *pieces: str) -> tuple[str, list[list[str]], str]:
    """Content, calls (id, name, arguments) and finish."""
    text = ""
    calls: list[list[str]] = []
    for said in [*itertools.chain.from_iterable(map(one.feed, pieces)), *one.flush()]:
        text += said.text
        if said.tool and said.tool.id:
            assert said.tool.index == len(calls) and said.tool.name
            calls.append([said.tool.id, said.tool.name, ""])
        if said.tool:
            calls[said.tool.index][2] += said.tool.arguments
    return text, calls, one.finish("stop")


@pytest.mark.parametrize("name", WRITTEN)
def test_a_makers_calls_are_calls_wherever_the_text_is_cut(name: str) -> None:
    calls, text = WRITTEN[name]
    content, found, finish = heard(speech(calls), text)
    assert [[id, name, json.loads(arguments)] for id, name, arguments in found] == CALLED
    assert (content, finish) == ("Let me see.", "tool_calls")
    for at in range(1, len(text)):
        assert heard(speech(calls), text[:at], text[at:]) == (content, found, finish)
    assert heard(speech(calls), *text) == (content, found, finish)


@pytest.mark.parametrize("name", WRITTEN)
def test_arguments_are_told_while_they_are_written(name: str) -> None:
    calls, text = WRITTEN[name]
    at = text.index("hi")
    told = [said.tool.arguments for said in speech(calls).feed(text[: at + 2]) if said.tool]
    assert "".join(told) == '{"a": 12, "note": "say \\"hi'


@pytest.mark.parametrize("name", WRITTEN)
def test_a_call_that_is_cut_off_is_told_as_far_as_it_came(name: str) -> None:
    calls, text = WRITTEN[name]
    content, found, finish = heard(speech(calls), text[: text.index("hi")])
    assert (content, found, finish) == ("Let me see.", [["call_0", "sum", '{"a": 12, "note": "say \\"']], "stop")


@pytest.mark.parametrize("name", WRITTEN)
def test_who_has_no_such_tool_says_it_as_text(name: str) -> None:
    calls, text = WRITTEN[name]
    content, found, finish = heard(speech(calls, (Tool("other"),)), text)
    assert (found, finish) == ([], "stop")
    assert "sum" in content and "now" in content


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("<tool_call>", "qwen_xml"),
        ("<tool_call>\n<funct", "qwen_xml"),
        ("<tool_call>\n<b>x</b>", "qwen_xml"),
        ("<tool_call>\n<function=rm>\n</function>", "qwen_xml"),
        ("<tool_call>{not json}", "glm"),
        ("<tool_call>sum of all</tool_call>", "glm"),
        ("<tool_call>nowhere\n</tool_call>", "glm"),
        ("<|tool_call_begin|>functions.sum<|tool_call_end|> and on", "kimi"),
        ("<｜tool▁call▁begin｜>function", "deepseek_fenced"),
        ("a < b ｜ c", "deepseek"),
    ],
)
def test_what_is_no_call_is_text_and_never_lost(text: str, calls: Calls) -> None:
    assert heard(speech(calls), text) == (text, [], "stop")


@pytest.mark.parametrize("calls", FORMS)
def test_marks_are_read_where_they_are_control_tokens(calls: Calls) -> None:
    form, read = FORMS[calls], controls(Formats(calls, ("<think>", "</think>")))
    assert "</think>" in read
    assert not form.mark or any(form.mark.startswith(mark) for mark in read)


PIECES = st.sampled_from(
    [
        *("<tool_call>", "</tool_call>", "<function=sum>", "<function=", "now", "sum", ">", "</function>", "\n", " "),
        *(
            "<parameter=a>\n",
            "<parameter=note>\n",
            "\n</parameter>",
            "</parameter>",
            "12",
            '"é',
            "<arg_key>a</arg_key>",
        ),
        *(
            "<arg_key>",
            "note",
            "</arg_key>",
            "<arg_value>",
            "</arg_value>",
            "<",
            "{",
            "}",
            '{"a": 1}',
            "{}",
            "functions.",
        ),
        *(
            "<｜tool▁calls▁begin｜>",
            "<｜tool▁call▁begin｜>",
            "function<｜tool▁sep｜>",
            "<｜tool▁sep｜>",
            "\n```json\n",
            "\n```",
        ),
        *("<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>", "<|tool_calls_section_begin|>", "<|tool_call_begin|>", ":0"),
        *("<|tool_call_argument_begin|>", "<|tool_call_end|>", "<|tool_calls_section_end|>"),
    ]
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["qwen_xml", "glm", "deepseek", "deepseek_fenced", "kimi"]),
    st.lists(PIECES, max_size=16),
    st.data(),
)
def test_any_cut_of_a_text_says_the_same(calls: Calls, parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    whole = heard(speech(calls), text)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    some = [text[a:b] for a, b in itertools.pairwise([0, *cuts, len(text)])]
    assert whole == heard(speech(calls), *text) == heard(speech(calls), *some)
