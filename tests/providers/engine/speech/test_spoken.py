"""What a model wrote, taken apart: each format, and any cut of its text."""

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.engine.frames import Finish, Tool
from providers.engine.speech.base import Calls, Formats
from providers.engine.speech.spoken import Plan, Spoken

TOOLS = (Tool("sum"), Tool("now"))
THINK = ("<think>", "</think>")
HERMES = Formats("hermes", THINK)
CALL = '<tool_call>\n{"name": "sum", "arguments": {"a": "}<tool_call>", "b": [1, {"c": 2}]}}\n</tool_call>'
GIVEN = '{"a": "}<tool_call>", "b": [1, {"c": 2}]}'
FORMS: list[Calls] = ["hermes", "llama3", "mistral", "mistral_args", "harmony"]


def speech(formats: Formats, opened: bool = False) -> Spoken:
    ids = map(str, itertools.count())
    return Spoken(Plan(formats, TOOLS, opened, None, lambda: next(ids)))


class Heard:
    """All that was said."""

    def __init__(self, formats: Formats, *pieces: str, opened: bool = False, finish: Finish = "stop") -> None:
        self.text = self.reasoning = ""
        self.calls: list[list[str]] = []
        one = speech(formats, opened)
        for said in [*itertools.chain.from_iterable(map(one.feed, pieces)), *one.flush()]:
            assert said.text or said.tool
            self.text += said.text if said.kind == "text" else ""
            self.reasoning += said.text if said.kind == "reasoning" else ""
            if said.tool and said.tool.id:
                assert said.tool.index == len(self.calls) and said.tool.name
                self.calls.append([said.tool.id, said.tool.name, ""])
            if said.tool:
                self.calls[said.tool.index][2] += said.tool.arguments
        self.finish = one.finish(finish)


def test_a_call_is_told_and_the_text_before_it_is_content() -> None:
    heard = Heard(HERMES, f"Let me see.\n{CALL}\n")
    assert (heard.text, heard.calls, heard.finish) == ("Let me see.", [["call_0", "sum", GIVEN]], "tool_calls")


def test_parallel_calls_have_indexes_and_ids_of_their_own() -> None:
    heard = Heard(HERMES, CALL + "\n" + CALL)
    assert (heard.text, heard.calls) == ("", [["call_0", "sum", GIVEN], ["call_1", "sum", GIVEN]])


def test_arguments_are_told_while_they_are_written() -> None:
    one = speech(HERMES)
    said = one.feed('<tool_call>\n{"name": "sum", "arguments": {"text": "once upon')
    assert [(piece.tool.name, piece.tool.arguments) for piece in said if piece.tool] == [
        ("sum", ""),
        (None, '{"text": "once upon'),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "no call < at all <tool> here",
        "<tool_call>",
        "<tool_call> not json </tool_call>",
        '<tool_call>{"name": "rm", "arguments": {}}</tool_call>',
        '<tool_call>{"name": "sum", "arguments": 5}</tool_call>',
        '<tool_call>{"name": 5}</tool_call> and <b>more</b>',
        '<tool_call>{"name": "sum", </tool_call> x',
        '<tool_call>{"name": "sum", "argum',
        "ends with a space \n",
    ],
)
def test_what_is_no_call_is_text_and_never_lost(text: str) -> None:
    heard = Heard(HERMES, text)
    assert (heard.text, heard.calls, heard.finish) == (text, [], "stop")


@pytest.mark.parametrize(
    ("raw", "arguments"),
    [
        ('{"arguments": {"a": 1}, "name": "sum"}', '{"a": 1}'),
        ('{"name": "sum", "arguments": "{\\"a\\": 1}"}', '{"a": 1}'),
        ('{"name": "sum"}', "{}"),
        ('{"name":"sum","parameters":{"a":1}}', '{"a":1}'),
    ],
)
def test_calls_in_an_unusual_order_are_calls(raw: str, arguments: str) -> None:
    assert Heard(HERMES, f"<tool_call>{raw}</tool_call>").calls == [["call_0", "sum", arguments]]


def test_a_call_that_is_cut_off_is_told_as_far_as_it_came() -> None:
    heard = Heard(HERMES, '<tool_call>{"name": "sum", "arguments": {"a": 1', finish="length")
    assert (heard.calls, heard.finish) == ([["call_0", "sum", '{"a": 1']], "length")
    stopped = Heard(HERMES, '<tool_call>{"name": "sum", "arguments": {"a": 1')
    assert stopped.finish == "stop"


def test_text_after_a_broken_end_goes_on() -> None:
    heard = Heard(HERMES, '<tool_call>{"name": "sum", "arguments": {}</tool_call>then')
    assert (heard.calls, heard.text) == ([["call_0", "sum", "{}"]], "then")


@pytest.mark.parametrize(
    ("text", "opened", "reasoning", "visible"),
    [
        ("<think>\nhm </think>\n\nYes.", False, "hm", "Yes."),
        ("hm </think>\n\nYes.", True, "hm", "Yes."),
        ("\n<think>\n\n</think>\n\nYes.", False, "", "Yes."),
        ("Yes <think>no</think>", False, "", "Yes <think>no</think>"),
        ("hm hm", True, "hm hm", ""),
        ("hm </thi", True, "hm </thi", ""),
        ("<thin", False, "", "<thin"),
        ("<think>" + CALL + "</think>x", False, CALL, "x"),
    ],
)
def test_a_thought_is_reasoning(text: str, opened: bool, reasoning: str, visible: str) -> None:
    heard = Heard(HERMES, text, opened=opened)
    assert (heard.reasoning, heard.text, heard.calls) == (reasoning, visible, [])


@pytest.mark.parametrize(
    ("calls", "text"),
    [
        ("llama3", '{"name": "sum", "parameters": {"a": 1}}; {"name": "now", "parameters": {}}'),
        ("llama3", '<|python_tag|>{"name": "sum", "parameters": {"a": 1}}\n{"name": "now", "parameters": {}}'),
        ("llama3", '{"type": "function", "name": "sum", "parameters": {"a": 1}}, {"name": "now"}'),
        (
            "mistral",
            '[TOOL_CALLS][{"name": "sum", "arguments": {"a": 1}}, {"name": "now", "arguments": {}, "id": "1"}]',
        ),
        ("mistral_args", '[TOOL_CALLS]sum[ARGS]{"a": 1}[TOOL_CALLS]now[CALL_ID]123456789[ARGS]{}'),
        (
            "harmony",
            '<|channel|>commentary to=functions.sum <|constrain|>json<|message|>{"a": 1}<|call|>'
            "<|start|>assistant to=functions.now<|channel|>commentary json<|message|>{}<|call|>",
        ),
    ],
)
def test_other_formats_have_calls_too(calls: Calls, text: str) -> None:
    heard = Heard(Formats(calls), text)
    assert [call[1:] for call in heard.calls] == [["sum", '{"a": 1}'], ["now", "{}"]]
    assert (heard.text, heard.finish) == ("", "tool_calls")


def test_channels_are_reasoning_content_and_calls() -> None:
    heard = Heard(
        Formats("harmony"),
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary<|message|>Let me look. <|end|>"
        "<|start|>assistant<|channel|>final<|message|>Yes<|return|>",
    )
    assert (heard.reasoning, heard.text, heard.calls) == ("hm", "Let me look. Yes", [])
    assert Heard(Formats("harmony"), "just < text").text == "just < text"
    assert Heard(Formats("harmony"), " to=functions.sum json<|message|>no json").text == "no json"


def test_an_answer_in_json_is_no_call() -> None:
    answer = json.dumps({"name": "Ann", "age": 5})
    for calls in FORMS:
        assert Heard(Formats(calls), answer).text == answer


PIECES = st.sampled_from(
    [
        *(
            "<think>",
            "</think>",
            "<tool_call>",
            "</tool_call>",
            "[TOOL_CALLS]",
            "[ARGS]",
            "[CALL_ID]",
            "<|python_tag|>",
        ),
        *("<|channel|>", "analysis", "final", "commentary to=functions.sum", "<|message|>", "<|end|>", "<|start|>"),
        *('{"name": "sum", "arguments": ', '{"a": "}\\"<"}', '{"name": "now", "parameters": {}}', CALL, GIVEN),
        *("{", "}", "[", "]", '"', ",", ";", " ", "\n", "<", "sum", "now", "é", "a", "\\"),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(FORMS), st.booleans(), st.lists(PIECES, max_size=14), st.data())
def test_any_cut_of_a_text_says_the_same(calls: Calls, opened: bool, parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    formats = Formats(calls, None if calls == "harmony" else THINK)
    whole, letters = Heard(formats, text, opened=opened), Heard(formats, *text, opened=opened)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    some = Heard(formats, *[text[a:b] for a, b in itertools.pairwise([0, *cuts, len(text)])], opened=opened)
    assert vars(whole) == vars(letters) == vars(some)


def test_another_choice_begins_afresh() -> None:
    one = speech(HERMES)
    one.feed(CALL)
    again = one.again()
    again.feed("x")
    assert (one.finish("stop"), again.finish("stop")) == ("tool_calls", "stop")
