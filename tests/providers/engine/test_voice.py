import msgspec
import pytest

from providers.engine.client import Engine
from providers.engine.engine import Loaded
from providers.engine.frames import Done, Ended, Options, Piece, Start, Tool, Turn
from providers.engine.voice import Trigger

WEATHER = Tool("get_weather", "the weather", b'{"type":"object","properties":{"city":{"type":"string"}}}')


def test_a_trigger_is_found_in_any_cut_with_all_that_follows_it() -> None:
    for size in range(1, 12):
        trigger, data = Trigger(("<tool_call>", "[CALL]")), b"a <tool <tool_call>{"
        found = [trigger.feed(data[at : at + size]) for at in range(0, len(data), size)]
        begun = next(each for each in found if each is not None)
        assert begun.startswith(b"<tool_call>")
        assert b"<tool_call>{".startswith(begun)


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
