"""Thinking with the official `anthropic` SDK: signatures, other providers' reasoning, and what goes back."""

from collections.abc import AsyncIterator
from pathlib import Path

import anthropic
import pytest
from anthropic.types import MessageParam, TextBlock, ThinkingBlock

from tests.doubles import answers
from tests.doubles import anthropic_answers as theirs
from tests.doubles.anthropic_answers import stream_script, whole_script
from tests.doubles.two_houses import Both, both
from tests.doubles.upstream import Send

FRANCE: list[MessageParam] = [{"role": "user", "content": "What is the capital of France?"}]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Both]:
    async with both(tmp_path) as served:
        yield served


@pytest.fixture
async def sdk(house: Both) -> AsyncIterator[anthropic.AsyncAnthropic]:
    """The asynchronous client; it adds `/v1` itself."""
    async with anthropic.AsyncAnthropic(base_url=base(house), api_key=house.home.key, max_retries=0) as client:
        yield client


def base(house: Both) -> str:
    return house.home.url.removesuffix("/v1")


async def test_thinking_keeps_its_signature(house: Both, sdk: anthropic.AsyncAnthropic) -> None:
    house.anthropic.script(*stream_script(theirs.stream(theirs.thinking("hm", "sig=="), theirs.text("Yes."))))

    async with sdk.messages.stream(
        model="claude", max_tokens=2000, messages=FRANCE, thinking={"type": "enabled", "budget_tokens": 1024}
    ) as stream:
        message = await stream.get_final_message()

    thought, text = message.content
    assert isinstance(thought, ThinkingBlock)
    assert (thought.thinking, thought.signature, text.type) == ("hm", "sig==", "text")
    assert house.anthropic.requests[0].json()["thinking"] == {"type": "enabled", "budget_tokens": 1024}


async def test_another_providers_reasoning_is_thinking_without_a_signature(
    house: Both, sdk: anthropic.AsyncAnthropic
) -> None:
    chunks = [
        answers.chunk({"role": "assistant", "reasoning_content": "hm"}),
        answers.chunk({"content": "Yes."}),
        answers.chunk({}, finish="stop"),
        answers.DONE,
    ]
    for _ in range(2):
        house.open.script(Send(answers.stream_head() + answers.chunked(*chunks)))

    async with sdk.messages.stream(
        model="paid", max_tokens=2000, messages=FRANCE, thinking={"type": "enabled", "budget_tokens": 1024}
    ) as stream:
        asked = await stream.get_final_message()
    async with sdk.messages.stream(model="paid", max_tokens=2000, messages=FRANCE) as stream:
        plain = await stream.get_final_message()

    thought, _ = asked.content
    assert isinstance(thought, ThinkingBlock)
    assert (thought.thinking, thought.signature) == ("hm", "")
    assert [block.type for block in plain.content] == ["text"]
    assert house.open.requests[0].json()["reasoning_effort"] == "low"


async def test_what_was_thought_elsewhere_does_not_trouble_anthropic(
    house: Both, sdk: anthropic.AsyncAnthropic
) -> None:
    house.anthropic.script(*whole_script(theirs.text("Because.")))
    thought = ThinkingBlock(type="thinking", thinking="hm", signature="")
    turns: list[MessageParam] = [
        *FRANCE,
        {"role": "assistant", "content": [thought, TextBlock(type="text", text="Paris.")]},
        {"role": "user", "content": "Why?"},
    ]

    await sdk.messages.create(model="claude", max_tokens=50, messages=turns)

    sent = house.anthropic.requests[0].json()["messages"]
    assert [block["type"] for block in sent[1]["content"]] == ["text"]
