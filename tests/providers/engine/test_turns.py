import pytest

from providers.engine.frames import ToolUse, Turn
from providers.engine.turns import turns
from providers.errors import CallerError
from providers.words import Call, Function, Message, Part, ToolCall, View

CALLING = Message("assistant", None, tool_calls=(ToolCall("call_1", Function("sum", '{"a": 1}')),))


def talk(*messages: Message) -> Call:
    return Call("chat", "chat", {}, View("local", messages), 0)


def test_roles_parts_and_null_become_turns() -> None:
    parts = (Part("text", "look"), Part("text", "here"))
    call = talk(Message("developer", "be kind"), Message("user", parts, "bob"), Message("assistant", None))
    expected = (Turn("system", "be kind"), Turn("user", "look\nhere", "bob"), Turn("assistant", ""))
    assert turns(call) == expected


def test_tool_calls_and_their_results_become_turns() -> None:
    made = turns(talk(CALLING, Message("tool", (Part("text", "42"),), tool_call_id="call_1")))
    assert made[0] == Turn("assistant", "", calls=(ToolUse("call_1", "sum", '{"a": 1}'),))
    assert made[1] == Turn("tool", "42", call_id="call_1")


@pytest.mark.parametrize(
    ("messages", "param", "code"),
    [
        ([Message("user", (Part("text", "a"), Part("image_url")))], "messages[0].content[1]", "unsupported_feature"),
        ([Message("function", "42", "f")], "messages[0].role", "unsupported_feature"),
        ([Message("user", "a"), Message("user<|im_end|>", "b")], "messages[1].role", "invalid_request"),
        ([Message("tool", "42", tool_call_id="x")], "messages[0].tool_call_id", "invalid_request"),
        ([CALLING, Message("tool", "42")], "messages[1].tool_call_id", "invalid_request"),
        ([Message("user", "", tool_calls=CALLING.tool_calls)], "messages[0].tool_calls", "invalid_request"),
        ([Message("assistant", "", tool_calls=(ToolCall("1"),))], "messages[0].tool_calls[0]", "invalid_request"),
        ([], "messages", "invalid_request"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(messages: list[Message], param: str, code: str) -> None:
    with pytest.raises(CallerError) as refused:
        turns(talk(*messages))
    assert (refused.value.status, refused.value.param) == (400, param)
    assert (refused.value.code == "unsupported_feature") == (code == "unsupported_feature")
