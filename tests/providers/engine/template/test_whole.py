"""Prompts are what a model maker's own tools make: the template by plain jinja2, tokenised whole by llama.cpp.

Nothing of ours is between the template's file and the expected ids: neither the sandbox nor the placeholders nor the
pieces of long texts.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import llama_cpp.llama_cpp as lib
import pytest

from providers.engine.frames import Options, Tool, ToolUse, Turn
from providers.engine.llama import Model
from providers.engine.template import ChatTemplate
from providers.tiny import MODEL_PATH
from tests.doubles import ggufs
from tests.doubles.vocabularies import unpacked, vocabulary

FOLDER = Path(__file__).parents[1] / "templates"
NAMES = sorted(path.stem for path in FOLDER.glob("*.jinja"))
WITHOUT_TOOLS = {"gemma-2", "deepseek-r1", "deepseek-v3.1", "mistral-small-3.2", "smollm3"}
MARKS = re.compile(
    r"<[|｜][^\s<>|｜]+[|｜]>|\[/?[A-Z_]{3,}\]|</?(?:s|think|tool_call|tool_response|start_of_turn|end_of_turn)>"
)
NOW = datetime(2026, 11, 21)
ODD = ' Ünïcödé 漢字 😀👩‍👩‍👧 <b>"x" \\n</b>\t12345\r\n\n  don\'t [x] <| |> </ '
SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "enum": ["Oslo", "Łódź"]}}, "required": ["city"]}
FUNCTION = {"name": "weather", "description": "of a «city»", "parameters": SCHEMA}
ASKED: list[dict[str, Any]] = [{"role": "user", "content": "Hi  there"}, {"role": "assistant", "content": "Yes?\n"}]
LONG = "one\ntwo " * 2_000
"""Long enough to be tokenised in pieces."""


def call(name: str) -> dict[str, Any]:
    """A past call and its result, with the id that the template gets: as its maker numbers calls."""
    ids = {"kimi-k2": "functions.weather:0", "mistral-nemo": hashlib.sha256(b"call_1").hexdigest()[:9]}
    id = ids.get(name, "call_1")
    function = {"name": "weather", "arguments": {"city": "Łódź", "days": [1, 2.5], "odd": ODD}}
    made = {"role": "assistant", "content": "", "tool_calls": [{"id": id, "type": "function", "function": function}]}
    return {"call": made, "result": {"role": "tool", "content": '{"rain": true}', "tool_call_id": id}}


def talks(name: str) -> Iterator[tuple[list[dict[str, Any]], bool]]:
    """Conversations that this template takes, and whether a tool is offered."""
    system = [] if name == "gemma-2" else [{"role": "system", "content": "Be brief. é"}]
    for text in ("x", ODD, LONG):
        yield [*system, *ASKED, {"role": "user", "content": text}], False
    if name not in WITHOUT_TOOLS:
        past = call(name)
        yield [*system, *ASKED, {"role": "user", "content": ODD}], True
        yield [*system, {"role": "user", "content": ODD}, past["call"], past["result"]], True


def turn(message: dict[str, Any]) -> Turn:
    """The same as it comes to the engine."""
    uses = [(each["id"], each["function"]) for each in message.get("tool_calls", ())]
    calls = tuple(ToolUse("call_1", said["name"], json.dumps(said["arguments"])) for _, said in uses)
    return Turn(
        message["role"], message["content"], calls=calls, call_id="call_1" if message["role"] == "tool" else None
    )


def rendered(source: str, messages: list[dict[str, Any]], tools: bool, thinks: bool, marks: dict[str, str]) -> str:
    """As transformers' `apply_chat_template` documents it."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
    environment.filters["tojson"] = partial(json.dumps, ensure_ascii=False, default=list)
    plain = source.replace("{% generation %}", "{% if true %}").replace("{% endgeneration %}", "{% endif %}")
    given = {
        "messages": messages,
        "add_generation_prompt": True,
        "enable_thinking": thinks,
        "thinking": thinks,
        **marks,
    }
    if tools:
        given["tools"] = [{"type": "function", "function": FUNCTION}]
    text = environment.from_string(plain).render(**given, reasoning_effort="low", strftime_now=NOW.strftime)
    # a template that always begins a thought: it is ended where nobody wants one
    return text if thinks or not text.rstrip().endswith("<think>") else f"{text}\n</think>\n\n"


def tokenised(model: Model, text: str) -> list[int]:
    """The whole text, with marks as marks, by one call of llama.cpp; one token of the beginning where it wants one."""
    data = text.encode()
    ids = (lib.llama_token * (len(data) + 8))()
    count = lib.llama_tokenize(model.vocabulary, data, len(data), ids, len(ids), False, True)
    begin = [lib.llama_vocab_bos(model.vocabulary)] if lib.llama_vocab_get_add_bos(model.vocabulary) else []
    return ids[:count] if ids[:1] == begin else [*begin, *ids[:count]]


@pytest.fixture(scope="module", params=["bpe", "sentencepiece"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Model]:
    """A tokeniser of merges that knows the marks of a template's source as such; or Phi-3's."""
    folder = tmp_path_factory.mktemp("vocabularies")
    if request.param == "sentencepiece":
        phi = vocabulary(unpacked("phi-3", folder))
        return lambda _source: phi
    return lambda source: vocabulary(ggufs.marked(folder / "m.gguf", MARKS.findall(source), MODEL_PATH))


@pytest.mark.parametrize("effort", [None, "low"])
@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_is_the_rendered_template_tokenised_whole(
    model: Callable[[str], Model], name: str, effort: str | None
) -> None:
    source = (FOLDER / f"{name}.jinja").read_text()
    known = model(source)
    template = ChatTemplate(known, source, now=lambda: NOW)
    tool = Tool("weather", FUNCTION["description"], json.dumps(SCHEMA).encode())  # type: ignore[arg-type]
    for messages, tools in talks(name):
        expected = tokenised(known, rendered(source, messages, tools, effort is not None, known.marks()))
        options = Options(1, tools=(tool,) if tools else (), effort=effort)
        assert template.prompt([turn(message) for message in messages], options).tokens == expected
