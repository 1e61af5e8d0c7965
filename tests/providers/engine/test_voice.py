"""Choices of an answer: calls as their schemas say, and stop strings in what a client reads alone."""

from pathlib import Path

import msgspec
import pytest

from providers.engine.client import Engine
from providers.engine.engine import Loaded
from providers.engine.frames import Done, Ended, Options, Piece, Start, Tool, Turn
from providers.engine.speech import abilities
from tests.doubles import ggufs
from tests.doubles.rooms import Room

TEMPLATES = Path(__file__).parent / "templates"
WEATHER = Tool("get_weather", "the weather", b'{"type":"object","properties":{"city":{"type":"string"}}}')


@pytest.mark.parametrize("choice", ["auto", "required", "=get_weather"])
def test_a_call_is_told_for_each_choice_and_keeps_its_schema(choice: str) -> None:
    loaded: Loaded[str] = Loaded(Engine(slots=2, tools="hermes"), lambda _share: True, None)
    options = Options(80, temperature=0, tools=(WEATHER,), tool_choice=choice, n=2)
    loaded.submit("me", Start(1, "", (Turn("user", "What is the weather in Paris?"),), options))
    said = []
    while loaded.scheduler.busy:
        said += [saying for _, saying in loaded.scheduler.step()]
    loaded.close()
    assert {each.finish for each in said if isinstance(each, Ended | Done)} == {"tool_calls"}
    for index in range(2):
        pieces = [piece for each in said if isinstance(each, Piece) and each.choice == index for piece in each.tools]
        assert [piece.name for piece in pieces if piece.name] == ["get_weather"]
        assert isinstance(msgspec.json.decode("".join(piece.arguments for piece in pieces)), dict)


@pytest.fixture(scope="module")
def thinker(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """Thinks of a stop string, calls with it, then says it in two tokens."""
    script = [b"<think>", b"a STOP", b" b", b"</think>", b"Well", b", ST", b"OP now", b" more", ggufs.END]
    return Room(scripted(tmp_path_factory, script))


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """Calls with a stop string in its arguments."""
    call = [b"<tool_call>", b'{"name": "get_weather"', b', "arguments": {"city": ', b'"STOP"}}', b"</tool_call>"]
    return Room(scripted(tmp_path_factory, [b"Let me", b" see. ", *call, ggufs.END]))


def scripted(folder: pytest.TempPathFactory, script: list[bytes], name: str = "qwen3") -> Path:
    template = (TEMPLATES / f"{name}.jinja").read_text()
    return ggufs.scripted(folder.mktemp("gguf") / "scripted.gguf", script, template=template, context=2048)


def test_a_stop_string_in_a_thought_stops_nothing(thinker: Room) -> None:
    thinker.ask("a", stop=("STOP",), logprobs=0)
    thinker.run()
    assert "".join(piece.reasoning for piece in thinker.pieces("a")) == "a STOP b"
    done = thinker.done("a")
    assert (thinker.text("a"), done.finish, done.usage.output, done.usage.reasoning) == ("Well, ", "stop", 7, 3)
    assert [piece.text for piece in thinker.pieces("a") if piece.text] == ["Well", ", "]
    assert [token["token"] for token in thinker.likelihoods("a")] == ["Well", ", ST"]


def test_a_thought_is_no_part_of_a_stop_string(thinker: Room) -> None:
    thinker.ask("b", stop=("</think>", "bWell", " b\nWell"))
    thinker.run()
    assert (thinker.text("b"), thinker.done("b").finish) == ("Well, STOP now more", "stop")


def test_a_stop_string_in_a_call_stops_nothing(caller: Room) -> None:
    caller.ask("a", tools=(WEATHER,), stop=("STOP", "get_weather", "<tool_call>"))
    caller.run()
    pieces = [tool for piece in caller.pieces("a") for tool in piece.tools]
    assert (caller.text("a"), caller.done("a").finish) == ("Let me see.", "tool_calls")
    assert "".join(piece.arguments for piece in pieces) == '{"city": "STOP"}'


def test_a_stop_string_before_a_call_comes_before_it(caller: Room) -> None:
    caller.ask("b", tools=(WEATHER,), stop=("see.",), logprobs=0)
    caller.run()
    assert [tool for piece in caller.pieces("b") for tool in piece.tools] == []
    assert (caller.text("b"), caller.done("b").finish) == ("Let me ", "stop")
    assert [token["token"] for token in caller.likelihoods("b")] == ["Let me", " see. "]


def test_a_stop_string_that_is_found_at_the_end_is_cut(caller: Room) -> None:
    caller.ask("c", tools=(WEATHER,), stop=(". ",), max_tokens=2)
    caller.run()
    assert (caller.text("c"), caller.done("c").finish) == ("Let me see", "stop")


def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    room = Room(ggufs.scripted(tmp_path / "broken.gguf", [b"a", b"\xff", b"b", b"\xe2\x82", ggufs.END]))
    room.ask("a")
    room.run()
    assert room.text("a") == "a\ufffdb"


MADE = {
    "qwen3-coder": (
        "<tool_call>\n<function=get_weather>\n<parameter=city>\nOslo\n</parameter>\n</function>\n</tool_call>"
    ),
    "deepseek-r1-tools": (
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n"
        '```json\n{"city": "Oslo"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>'
    ),
}


@pytest.mark.parametrize("choice", ["auto", "required", "=get_weather"])
@pytest.mark.parametrize("name", MADE)
def test_other_makers_models_call_in_their_own_form(
    tmp_path_factory: pytest.TempPathFactory, name: str, choice: str
) -> None:
    data = MADE[name].encode()
    script = [data[at : at + 25] for at in range(0, len(data), 25)]
    room = Room(scripted(tmp_path_factory, [*script, ggufs.END], name), context=1024)
    assert "tools" in abilities(room.template.formats)
    room.ask("a", tools=(WEATHER,), tool_choice=choice, max_tokens=100)
    room.run()
    pieces = [tool for piece in room.pieces("a") for tool in piece.tools]
    assert (room.text("a"), room.done("a").finish) == ("", "tool_calls")
    assert [piece.name for piece in pieces if piece.name] == ["get_weather"]
    assert "".join(piece.arguments for piece in pieces) == '{"city": "Oslo"}'


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("choice", ["auto", "required"])
def test_a_call_that_is_cut_off_leaves_no_marks_in_the_content(
    tmp_path_factory: pytest.TempPathFactory, choice: str, limit: int
) -> None:
    script = [b"<tool", b"_call>", b"\n{", b'"name": "get_', b'weather", "arg', b'uments": {"city": "', b"O"]
    room = Room(scripted(tmp_path_factory, script), context=1024)
    room.ask("a", tools=(WEATHER,), tool_choice=choice, max_tokens=limit)
    room.run()
    pieces = [tool for piece in room.pieces("a") for tool in piece.tools]
    unsure = "<tool" if choice == "auto" and limit == 1 else ""
    assert (room.text("a"), room.done("a").finish) == (unsure, "length")
    assert "".join(piece.arguments for piece in pieces) == ('{"city": "' if limit == 6 else "")
