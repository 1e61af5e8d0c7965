"""What is kept of responses: gone on with, read, deleted, by its own key alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import openai
import pytest
from msgspec import Raw

from proxy.surfaces.responses.shelf import FILE, KEPT, Store
from tests.doubles.answers import chat_body, response
from tests.doubles.house import PRICED, House, house
from tests.doubles.upstream import Send, Upstream


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """A proxy before the scripted upstream."""
    async with house(tmp_path, PRICED.format(url=upstream.base_url)) as served:
        yield served


@pytest.fixture
async def sdk(home: House) -> AsyncIterator[openai.AsyncOpenAI]:
    """The official client."""
    async with openai.AsyncOpenAI(base_url=home.url, api_key=home.key, max_retries=0) as made:
        yield made


async def known(client: openai.AsyncOpenAI) -> None:
    """Wait until a new key is let in."""
    async with asyncio.timeout(30):
        while True:
            with suppress(openai.AuthenticationError):
                await client.models.list()
                return


def says(upstream: Upstream, *texts: str) -> None:
    for text in texts:
        upstream.script(Send(response(chat_body(text))))


async def test_a_conversation_goes_on(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    says(upstream, "Hi Ada.", "Your name is Ada.", "Ada.")

    first = await sdk.responses.create(model="paid", input="I am Ada.", instructions="Be brief.")
    second = await sdk.responses.create(model="paid", input="Who am I?", previous_response_id=first.id)
    await sdk.responses.create(model="paid", input="Again?", previous_response_id=second.id)

    assert second.previous_response_id == first.id
    told = [(turn["role"], turn["content"]) for turn in upstream.requests[2].json()["messages"]]
    assert told == [
        ("user", "I am Ada."),
        ("assistant", "Hi Ada."),
        ("user", "Who am I?"),
        ("assistant", "Your name is Ada."),
        ("user", "Again?"),
    ]


async def test_it_can_be_read_and_deleted(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    says(upstream, "Hi.")
    made = await sdk.responses.create(model="paid", input="Hello")

    kept = await sdk.responses.retrieve(made.id)
    assert (kept.id, kept.output_text) == (made.id, "Hi.")
    items = await sdk.responses.input_items.list(made.id)
    assert [item.type for item in items.data] == ["message"]

    await sdk.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError):
        await sdk.responses.retrieve(made.id)
    with pytest.raises(openai.BadRequestError) as raised:
        await sdk.responses.create(model="paid", input="x", previous_response_id=made.id)
    assert raised.value.code == "previous_response_not_found"


async def test_no_other_key_finds_it(sdk: openai.AsyncOpenAI, upstream: Upstream, home: House) -> None:
    says(upstream, "Hi.")
    made = await sdk.responses.create(model="paid", input="Hello")
    _, other = home.keys.create("mallory")
    async with openai.AsyncOpenAI(base_url=home.url, api_key=other, max_retries=0) as theirs:
        await known(theirs)
        with pytest.raises(openai.NotFoundError):
            await theirs.responses.retrieve(made.id)
        with pytest.raises(openai.NotFoundError):
            await theirs.responses.delete(made.id)
    assert (await sdk.responses.retrieve(made.id)).id == made.id


@pytest.mark.parametrize("how", ["field", "header", "body"])
async def test_what_shall_not_be_kept_is_not(
    sdk: openai.AsyncOpenAI, upstream: Upstream, home: House, how: str
) -> None:
    says(upstream, "A secret answer.")
    made = await sdk.responses.create(
        model="paid",
        input="A secret question.",
        store=False if how == "field" else openai.omit,
        extra_headers={"x-halfpenny-no-store": "true"} if how == "header" else None,
        extra_body={"halfpenny": {"no_store": True}} if how == "body" else None,
    )
    with pytest.raises(openai.NotFoundError):
        await sdk.responses.retrieve(made.id)
    for file in home.data.glob(f"{FILE}*"):
        assert b"secret" not in file.read_bytes()


async def test_without_a_key_nothing_is_told(home: House) -> None:
    async with openai.AsyncOpenAI(base_url=home.url, api_key="sk-wrong", max_retries=0) as nobody:
        with pytest.raises(openai.AuthenticationError):
            await nobody.responses.retrieve("resp_1")
        with pytest.raises(openai.AuthenticationError):
            await nobody.responses.create(model="paid", input="x")


def test_what_is_old_goes(tmp_path: Path) -> None:
    store = Store(tmp_path)
    shelf = store.shelf("k")
    shelf.put("old", 1_000, [Raw(b"{}")], b'{"output":[]}')
    shelf.put("new", 1_000 + KEPT + 1, [Raw(b"{}")], b'{"output":[]}')
    assert (shelf.get("old"), shelf.get("new") is not None) == (None, True)
    store.close()
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
