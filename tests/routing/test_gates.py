"""At the gates: vectors of two models cannot be compared; what a local model can, its process tells."""

import pytest

from providers.errors import CallerError
from providers.words import Call, View
from routing import gates
from routing.catalog import Catalog, Entry, Routed
from routing.prices import Price, worst_case

PRICE = Price(input=20_000, output=5)
CHAT = Entry("chat", "openai", "chat", PRICE)
BOUGHT = Entry("bought", "openai", "bought", PRICE, task="embeddings")
HOME = Entry("home", "encoder", "home", None, local=True, task="embeddings")
OTHER = Entry("other", "encoder2", "other", None, local=True, task="embeddings")
CALL = Call("embeddings", "embeddings", {}, View("auto"), 1000)
AUTO = Routed("auto")
MINE = Entry("mine", "engine", "mine", None, local=True, abilities=frozenset({"schema"}), learning=True)
TOOLS = Call("chat", "chat", {}, View("auto", needs=frozenset({"tools", "schema"})), 1000)


def catalog(*entries: Entry) -> Catalog:
    return Catalog({entry.name: entry for entry in entries})


def test_auto_is_the_first_local_model_and_nobody_stands_in() -> None:
    assert gates.pool(CALL, catalog(CHAT, BOUGHT, HOME, OTHER), AUTO, True, gates.NONE).able == [HOME]


@pytest.mark.parametrize("entries", [(CHAT,), (CHAT, BOUGHT)])
def test_auto_never_buys_vectors(entries: tuple[Entry, ...]) -> None:
    with pytest.raises(CallerError) as refused:
        gates.pool(CALL, catalog(*entries), AUTO, True, gates.NONE)
    assert (refused.value.status, refused.value.code) == (404, "model_not_found")


def test_a_hold_counts_what_goes_in_alone() -> None:
    assert gates.output_cap(CALL, BOUGHT, 4096) == 0
    assert gates.least(CALL, BOUGHT) == worst_case(PRICE, 1000, 0) == 20_000


def test_a_model_does_what_it_is_for() -> None:
    gates.task(CALL, BOUGHT)
    with pytest.raises(CallerError, match="for chat, not for embeddings") as refused:
        gates.task(CALL, CHAT)
    assert refused.value.param == "model"


def test_a_model_that_says_it_calls_tools_may_answer_with_them() -> None:
    learned = {"engine": frozenset({"schema", "tools", "reasoning"})}
    assert gates.pool(TOOLS, catalog(MINE), AUTO, True, gates.NONE, learned).able == [MINE]
    other = Entry("other", "engine", "other", None, local=True, abilities=frozenset({"schema"}))
    with pytest.raises(CallerError) as refused:
        gates.pool(TOOLS, catalog(other), AUTO, True, gates.NONE, learned)
    assert (refused.value.param, "tools: hermes" in refused.value.message) == ("tools", True)


def test_a_model_that_says_it_calls_none_is_never_sent_there() -> None:
    with pytest.raises(CallerError) as refused:
        gates.pool(TOOLS, catalog(MINE), AUTO, True, gates.NONE, {"engine": frozenset({"schema"})})
    assert (refused.value.code, refused.value.param) == ("unsupported_feature", "tools")


def test_a_model_that_nobody_has_asked_yet_is_tried_where_no_other_can() -> None:
    able = Entry("able", "openai", "able", PRICE)
    assert gates.pool(TOOLS, catalog(MINE), AUTO, True, gates.NONE).able == [MINE]
    assert gates.pool(TOOLS, catalog(MINE, able), AUTO, True, gates.NONE).able == [able]
