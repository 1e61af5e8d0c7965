"""The catalogue: names and what they mean."""

import pytest

from providers.errors import CallerError
from routing.catalog import Catalog, Entry, Model, build
from routing.prices import Price

CATALOG = Catalog(
    {
        "demo": Entry("demo", "local", "demo", None, local=True),
        "gpt-4o-mini": Entry("gpt-4o-mini", "openai", "gpt-4o-mini", None),
    }
)


def test_a_name_is_found() -> None:
    assert CATALOG.find("gpt-4o-mini").provider == "openai"


def test_an_unknown_name_is_a_404_with_the_nearest_names() -> None:
    with pytest.raises(CallerError) as caught:
        CATALOG.find("gpt-4o-mimi")

    error = caught.value
    assert (error.status, error.code, error.param) == (404, "model_not_found", "model")
    assert "Nearest: gpt-4o-mini" in error.message


def test_a_name_like_no_other_is_told_what_there_is() -> None:
    with pytest.raises(CallerError, match="auto, demo, gpt-4o-mini"):
        CATALOG.find("zzz")


def test_local_models_are_those_at_home() -> None:
    assert [entry.name for entry in CATALOG.local()] == ["demo"]


def test_a_provider_and_its_own_name_mean_the_same_model() -> None:
    assert CATALOG.find("openai/gpt-4o-mini") is CATALOG.entries["gpt-4o-mini"]


PRICE = Price(input=1_000_000, output=2_000_000)


def test_models_are_built_with_their_prices() -> None:
    models = {
        "home": Model(provider="local"),
        "listed": Model(provider="openai", upstream="listed-1"),
        "own": Model(provider="openai", price=PRICE),
        "gift": Model(provider="ollama", price="free"),
    }
    shipped = {"listed-1": Price(input=5, output=6)}

    catalog = build(models, shipped, home={"local"}, off=())

    found: dict[str, Price | None] = {name: entry.price for name, entry in catalog.entries.items()}
    assert found == {
        "home": None,
        "listed": shipped["listed-1"],
        "own": PRICE,
        "gift": None,
    }
    assert [entry.name for entry in catalog.local()] == ["home"]
    assert catalog.entries["listed"].upstream == "listed-1"


def test_models_of_a_switched_off_provider_are_not_there() -> None:
    assert not build({"own": Model(provider="openai", price=PRICE)}, {}, home=(), off={"openai"}).entries
