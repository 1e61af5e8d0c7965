"""Failures are the official `anthropic` SDK's own exceptions, and it tries again when that helps."""

from collections.abc import AsyncIterator
from pathlib import Path

import anthropic
import pytest
from anthropic.types import MessageParam

from tests.doubles import answers
from tests.doubles import anthropic_answers as theirs
from tests.doubles.two_houses import Both, both
from tests.doubles.upstream import Close, Send, refusal

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


async def test_errors_are_the_sdks_own_exceptions(house: Both, sdk: anthropic.AsyncAnthropic) -> None:
    with pytest.raises(anthropic.AuthenticationError):
        await sdk.with_options(api_key="sk-hp-wrong").messages.create(model="paid", max_tokens=5, messages=FRANCE)
    with pytest.raises(anthropic.NotFoundError, match="Nearest"):
        await sdk.messages.create(model="paid-2", max_tokens=5, messages=FRANCE)
    with pytest.raises(anthropic.BadRequestError) as negative:
        await sdk.messages.create(model="paid", max_tokens=-5, messages=FRANCE)
    assert isinstance(negative.value.body, dict)
    assert negative.value.body["error"]["param"] == "max_tokens"
    with pytest.raises(anthropic.NotFoundError) as batches:
        await sdk.messages.batches.list()
    assert isinstance(batches.value.body, dict)
    assert batches.value.body["error"]["type"] == "not_found_error"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("429 Too Many Requests", anthropic.RateLimitError),
        ("529 Overloaded", anthropic.APIStatusError),
        ("500 Internal Server Error", anthropic.APIStatusError),
        ("413 Payload Too Large", anthropic.APIStatusError),
    ],
)
async def test_an_upstreams_failure_is_one_of_them(
    house: Both, sdk: anthropic.AsyncAnthropic, status: str, kind: type[anthropic.APIStatusError]
) -> None:
    for _ in range(4):
        house.anthropic.script(*refusal(status, theirs.error("some_error", "Not now.")))

    with pytest.raises(kind) as raised:
        await sdk.messages.create(model="claude", max_tokens=5, messages=FRANCE)

    expected = {"429": 429, "529": 503, "500": 503, "413": 413}[status[:3]]
    assert raised.value.status_code == expected


@pytest.mark.parametrize("model", ["paid", "claude"])
async def test_f18_a_stream_that_breaks_raises(house: Both, sdk: anthropic.AsyncAnthropic, model: str) -> None:
    cut = b"".join(theirs.stream(theirs.text("Paris."))[:4])
    house.anthropic.script(Send(answers.stream_head() + answers.chunked(cut, last=False)), Close())
    cut = b"".join(answers.chat_events(["Par", "is."])[:2])
    house.open.script(Send(answers.stream_head() + answers.chunked(cut, last=False)), Close())
    texts = []

    with pytest.raises(anthropic.APIStatusError) as raised:
        async with sdk.messages.stream(model=model, max_tokens=50, messages=FRANCE) as stream:
            texts += [text async for text in stream.text_stream]

    assert isinstance(raised.value.body, dict)
    assert raised.value.body["error"]["code"] == "upstream_disconnected"
    (row,) = house.home.rows()
    assert (row["state"], row["usage_source"]) == ("settled", "estimated")


async def test_the_sdk_tries_again_when_that_helps_and_not_when_it_does_not(tmp_path: Path) -> None:
    more = "budgets: [{name: day, window: day, limit: $0.000001}]"
    async with (
        both(tmp_path, more=more) as house,
        anthropic.AsyncAnthropic(base_url=base(house), api_key=house.home.key, max_retries=2) as client,
    ):
        with pytest.raises(anthropic.RateLimitError) as raised:
            await client.messages.create(model="paid", max_tokens=50, messages=FRANCE)

        assert isinstance(raised.value.body, dict)
        assert raised.value.body["error"]["code"] == "insufficient_quota"
        assert house.open.requests == []
        assert raised.value.response.headers["x-should-retry"] == "false"
    assert len([line for line in house.home.log.read_text().splitlines() if "insufficient_quota" in line]) == 1
