"""A file of responses that cannot be used breaks no answer and loses no money: it is told and logged."""

from collections.abc import AsyncIterator
from pathlib import Path

import openai
import pytest

from proxy.surfaces.responses.shelf import FILE
from tests.doubles.house import PRICED, House, house
from tests.doubles.upstream import Upstream


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """A proxy whose file of responses is a folder, which no rights of root's open either."""
    (tmp_path / "data" / FILE).mkdir(parents=True)
    async with house(tmp_path, PRICED.format(url=upstream.base_url)) as served:
        yield served


@pytest.fixture
async def sdk(home: House) -> AsyncIterator[openai.AsyncOpenAI]:
    """The official client."""
    async with openai.AsyncOpenAI(base_url=home.url, api_key=home.key, max_retries=0) as made:
        yield made


async def test_the_answer_comes_and_is_paid(
    sdk: openai.AsyncOpenAI, home: House, caplog: pytest.LogCaptureFixture
) -> None:
    whole = await sdk.responses.create(model="paid", input="A secret.")
    async with sdk.responses.stream(model="paid", input="A secret.") as stream:
        streamed = await stream.get_final_response()
    for answer in (whole, streamed):
        assert answer.output_text == "Paris."
        assert answer.to_dict()["store"] is False
    assert [row["state"] for row in home.rows()] == ["settled", "settled"]
    told = [record.getMessage() for record in caplog.records if "is not kept" in record.getMessage()]
    assert len(told) == 2
    assert "secret" not in "".join(told) and whole.id in told[0]


async def test_what_needs_the_file_is_refused(sdk: openai.AsyncOpenAI, home: House, upstream: Upstream) -> None:
    for refused in (
        sdk.responses.retrieve("resp_1"),
        sdk.responses.delete("resp_1"),
        sdk.responses.create(model="paid", input="x", previous_response_id="resp_1"),
    ):
        with pytest.raises(openai.InternalServerError) as raised:
            await refused
        assert (raised.value.status_code, raised.value.code) == (503, "response_store_unavailable")
    assert not upstream.requests
    assert home.rows() == []
