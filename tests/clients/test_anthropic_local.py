"""The official `anthropic` SDK and `halfpenny serve` with the demo model: streams, counts, refusals."""

from collections.abc import Iterator

import anthropic
import pytest
from anthropic.types import MessageParam

from tests.doubles.serving import Served, serving

FRANCE: list[MessageParam] = [{"role": "user", "content": "What is the capital of France?"}]
ANSWER = "The capital of France is Paris."


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests of this file."""
    with serving(tmp_path_factory.mktemp("served")) as started:
        yield started


@pytest.fixture
def sdk(served: Served) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=f"http://127.0.0.1:{served.port}", api_key=served.key, max_retries=0) as client:
        yield client


def text(message: anthropic.types.Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def test_a_whole_answer_and_a_streamed_one(sdk: anthropic.Anthropic) -> None:
    whole = sdk.messages.create(model="auto", max_tokens=50, messages=FRANCE)
    with sdk.messages.stream(model="demo", max_tokens=50, messages=FRANCE) as stream:
        said = "".join(stream.text_stream)
        message = stream.get_final_message()

    assert (text(whole), said, text(message)) == (ANSWER, ANSWER, ANSWER)
    assert (whole.stop_reason, message.stop_reason) == ("end_turn", "end_turn")
    assert whole.usage.output_tokens == message.usage.output_tokens > 3


def test_the_count_is_the_prompt_that_is_charged(sdk: anthropic.Anthropic) -> None:
    system = "You are a helpful assistant."
    raw = sdk.messages.with_raw_response.count_tokens(model="demo", messages=FRANCE, system=system)
    answer = sdk.messages.create(model="demo", max_tokens=5, messages=FRANCE, system=system)

    used = answer.usage
    assert raw.headers["x-halfpenny-count"] == "exact"
    assert raw.parse().input_tokens == used.input_tokens + (used.cache_read_input_tokens or 0)


def test_a_count_may_be_longer_than_the_context(sdk: anthropic.Anthropic) -> None:
    long: list[MessageParam] = [{"role": "user", "content": "France " * 1500}]
    far: list[MessageParam] = [{"role": "user", "content": "France " * 30_000}]

    beyond = sdk.messages.with_raw_response.count_tokens(model="demo", messages=long)
    assert (beyond.headers["x-halfpenny-count"], beyond.parse().input_tokens > 1024) == ("exact", True)
    distant = sdk.messages.with_raw_response.count_tokens(model="demo", messages=far)
    assert (distant.headers["x-halfpenny-count"], distant.parse().input_tokens > 30_000) == ("estimated", True)
    with pytest.raises(anthropic.BadRequestError):
        sdk.messages.create(model="demo", max_tokens=5, messages=long)


def test_the_cap_ends_an_answer(sdk: anthropic.Anthropic) -> None:
    message = sdk.messages.create(model="demo", max_tokens=2, messages=FRANCE)

    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 2)


def test_a_stop_sequence_ends_it_too(sdk: anthropic.Anthropic) -> None:
    message = sdk.messages.create(model="demo", max_tokens=50, messages=FRANCE, stop_sequences=["France"])

    assert (text(message), message.stop_reason) == ("The capital of ", "end_turn")


def test_what_the_model_cannot_do_is_refused_by_the_clients_own_name(sdk: anthropic.Anthropic) -> None:
    image: anthropic.types.ImageBlockParam = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": "aGk="},
    }
    with pytest.raises(anthropic.BadRequestError) as raised:
        sdk.messages.create(model="demo", max_tokens=5, messages=[{"role": "user", "content": [image]}])
    assert isinstance(raised.value.body, dict)
    assert raised.value.body["error"]["param"] == "messages"
    with pytest.raises(anthropic.BadRequestError) as began:
        turns: list[MessageParam] = [*FRANCE, {"role": "assistant", "content": "It is"}]
        sdk.messages.create(model="demo", max_tokens=5, messages=turns)
    assert isinstance(began.value.body, dict)
    assert began.value.body["error"]["code"] == "unsupported_feature"


async def test_several_at_once(served: Served) -> None:
    async with anthropic.AsyncAnthropic(
        base_url=f"http://127.0.0.1:{served.port}", api_key=served.key, max_retries=0
    ) as client:
        for _ in range(2):
            async with client.messages.stream(model="auto", max_tokens=50, messages=FRANCE) as stream:
                assert text(await stream.get_final_message()) == ANSWER
