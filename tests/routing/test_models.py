"""From `models:` in config.yaml to the catalogue."""

import pytest

from routing.catalog import Catalog, Routed
from routing.models import Facts, Houses, Model, Shipped, build, shipped_facts
from routing.prices import Price, shipped

PRICE = Price(input=1_000_000, output=2_000_000)
LISTED = Price(input=5, output=6)
SHIPPED = Shipped(
    prices={"listed-1": LISTED, "gpt-4o": PRICE},
    facts={"gpt-4o": Facts("openai", "strong", 128_000, None, ("tools",)), "listed-1": Facts("acme", "small")},
)
HOUSES = Houses(frozenset({"local", "openai", "ollama"}), {"local": True})


def built(**models: Model) -> Catalog:
    return build(models, SHIPPED, HOUSES)


def test_prices_come_from_the_file_then_from_the_shipped_table() -> None:
    catalog = built(
        home=Model(provider="local"),
        listed=Model(provider="openai", upstream="listed-1"),
        own=Model(provider="openai", price=PRICE),
        gift=Model(provider="ollama", price="free"),
    )

    found: dict[str, Price | None] = {name: entry.price for name, entry in catalog.entries.items()}
    assert found == {"home": None, "listed": LISTED, "own": PRICE, "gift": None}
    assert [entry.name for entry in catalog.local()] == ["home"]


def test_facts_are_taken_over_unless_the_file_says_otherwise() -> None:
    catalog = built(
        a=Model(provider="openai", upstream="gpt-4o"),
        b=Model(provider="openai", upstream="gpt-4o", tier="small", context=10, abilities=("images",)),
    )
    a, b = catalog.entries["a"], catalog.entries["b"]

    assert (a.tier, a.context, a.abilities) == ("strong", 128_000, frozenset({"tools"}))
    assert (b.tier, b.context, b.abilities) == ("small", 10, frozenset({"images"}))


def test_the_demo_model_and_other_local_ones_are_placed() -> None:
    houses = Houses(frozenset({"demo", "mine"}), {"demo": True, "mine": False})
    catalog = build({"d": Model(provider="demo"), "m": Model(provider="mine")}, SHIPPED, houses)

    assert (catalog.entries["d"].tier, catalog.entries["m"].tier) == ("demo", "small")
    assert catalog.entries["m"].abilities == frozenset({"schema", "logprobs", "many"})
    assert (catalog.entries["m"].learning, catalog.entries["d"].learning) == (True, False)
    declared = build({"m": Model(provider="mine", abilities=())}, SHIPPED, houses).entries["m"]
    assert (declared.abilities, declared.learning) == (frozenset(), False)


def test_models_of_a_switched_off_provider_are_not_there() -> None:
    assert not built(own=Model(provider="anthropic", price=PRICE)).entries


def test_unchanged_code_is_routed_below_the_model_it_names() -> None:
    catalog = built(**{"gpt-4o": Model(route="auto", ceiling="gpt-4o"), "home": Model(provider="local")})

    real = catalog.entries["gpt-4o"]
    assert (real.provider, real.price) == ("openai", PRICE)
    assert catalog.meaning("gpt-4o") == Routed("auto", real)
    assert catalog.meaning("openai/gpt-4o") == real


def test_a_ceiling_whose_provider_is_off_takes_the_name_away() -> None:
    catalog = build({"gpt-4o": Model(route="auto", ceiling="gpt-4o")}, SHIPPED, Houses(frozenset({"local"})))

    assert catalog.listed() == ["auto"]


def test_an_alias_is_another_name() -> None:
    catalog = built(home=Model(provider="local"), short=Model(alias="home"))

    assert catalog.meaning("short") == catalog.entries["home"]


def test_models_with_shipped_prices_are_reached_by_their_provider() -> None:
    catalog = built(home=Model(provider="local"))

    assert catalog.known.keys() == {"openai/gpt-4o"}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "provider"),
        ({"alias": "a", "provider": "b"}, "stands alone"),
        ({"provider": "a", "ceiling": "b"}, "belongs to a `route`"),
    ],
)
def test_what_means_nothing_is_refused(fields: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Model(**fields)  # type: ignore[arg-type]


def test_every_shipped_fact_is_about_a_priced_model() -> None:
    assert shipped_facts().keys() <= shipped().prices.keys()


def test_what_a_model_is_for_comes_from_its_provider_the_file_or_the_shipped_facts() -> None:
    facts = {"embed-1": Facts("openai", task="embeddings")}
    houses = Houses(frozenset({"openai", "encoder"}), {"encoder": False}, frozenset({"encoder"}))
    found = build(
        {
            "embed-1": Model(provider="openai", price=PRICE),
            "mine": Model(provider="openai", price=PRICE, task="embeddings"),
            "home": Model(provider="encoder"),
            "chat": Model(provider="openai", price=PRICE),
        },
        Shipped({}, facts),
        houses,
    )

    tasks = {name: entry.task for name, entry in found.entries.items()}
    assert tasks == {"embed-1": "embeddings", "mine": "embeddings", "home": "embeddings", "chat": "chat"}
    assert [entry.name for entry in found.local()] == ["home"]


def test_shipped_embedding_models_are_known_as_such() -> None:
    embedding = [name for name, fact in shipped_facts().items() if fact.task == "embeddings"]
    assert embedding == [name for name, price in shipped().prices.items() if price.output == 0]
