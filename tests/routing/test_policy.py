"""The policy of the first issue: auto is the local model, a name is a name."""

import pytest

from providers.errors import CallerError
from providers.words import Call, View
from routing.catalog import Catalog, Entry
from routing.policy import Caps, decide
from routing.prices import Price

PRICE = Price(input=2_500_000, output=10_000_000)
HOME = Entry("home", "local", "home", None, local=True)
PAID = Entry("paid", "openai", "paid-2", PRICE, max_output=1000)
CATALOG = Catalog({"home": HOME, "paid": PAID})
CAPS = Caps(default_output=4096)


def call(model: str, max_output: int | None = None) -> Call:
    return Call("chat", "chat", {}, View(model, max_output=max_output), 10)


def test_auto_is_answered_at_home() -> None:
    decision = decide(call("auto"), CATALOG, CAPS)

    assert [candidate.entry for candidate in decision.candidates] == [HOME]
    assert decision.reasons == ("The local model home answers 'auto' at home.",)


def test_a_named_model_is_served_as_named() -> None:
    decision = decide(call("paid"), CATALOG, CAPS)

    assert [candidate.entry for candidate in decision.candidates] == [PAID]
    assert "by name" in decision.reasons[0]


def test_auto_without_a_local_model_says_what_to_do() -> None:
    with pytest.raises(CallerError, match="dialect: engine") as caught:
        decide(call("auto"), Catalog({"paid": PAID}), CAPS)

    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("model", "asked", "chosen", "clamped"),
    [
        ("paid", 50, 50, False),
        ("paid", 5000, 1000, False),
        ("paid", None, 1000, True),
        ("home", None, None, False),
        ("home", 70, 70, False),
    ],
)
def test_the_output_cap_is_bounded_for_who_pays(
    model: str, asked: int | None, chosen: int | None, clamped: bool
) -> None:
    candidate = decide(call(model, asked), CATALOG, CAPS).candidates[0]

    assert (candidate.max_output, candidate.clamped) == (chosen, clamped)


def test_without_any_cap_the_default_holds() -> None:
    entry = Entry("open", "openai", "open", PRICE)

    assert decide(call("open"), Catalog({"open": entry}), CAPS).candidates[0].max_output == 4096
