"""From `models:` in config.yaml, shipped prices and shipped facts to the catalogue."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Annotated, Literal

from msgspec import Meta, Struct, convert
from ruamel.yaml import YAML

from providers.words import Need, Task
from routing.catalog import Catalog, Entry, Mode, Routed, Tier
from routing.prices import Price

ENGINE: tuple[Need, ...] = ("schema", "logprobs", "many")
"""What our own engine does with every model; whether a model calls tools, its process tells."""


class Model(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name as config.yaml describes it: a model (`provider`), a route (`route`), or another name (`alias`).

    `upstream` is the provider's own name (default: this one); `price` per million tokens, or `free`, or absent: the
    shipped table's. A route may have a `ceiling`, a model that no candidate may cost more than. `quality` is P(good)
    of an answer to a usual prompt as declared, instead of what the tier is taken for, and `placement` a file of the
    model's scored answers, which move either.
    """

    provider: str | None = None
    upstream: str | None = None
    price: Price | Literal["free"] | None = None
    context: int | None = None
    max_output: int | None = None
    task: Task | None = None
    tier: Tier | None = None
    abilities: tuple[Need, ...] | None = None
    route: Mode | None = None
    ceiling: str | None = None
    alias: str | None = None
    quality: Annotated[float, Meta(gt=0, lt=1)] | None = None
    placement: str | None = None

    def __post_init__(self) -> None:
        if self.alias is not None and (self.provider or self.route):
            raise ValueError("an `alias` stands alone: it only names another model")
        if self.ceiling is not None and self.route is None:
            raise ValueError("`ceiling` belongs to a `route`, as in `{route: auto, ceiling: gpt-4o}`")
        if not (self.provider or self.route or self.alias):
            raise ValueError("`provider` is missing (or `route: auto`, or `alias: another-model`)")


class Facts(Struct, frozen=True, forbid_unknown_fields=True):
    """What ships about a model besides its price; `maker` is the usual name of its provider."""

    maker: str = ""
    tier: Tier = "medium"
    context: int | None = None
    max_output: int | None = None
    abilities: tuple[Need, ...] | None = None
    task: Task = "chat"


class Shipped(Struct, frozen=True):
    """What the package knows by the provider's name for a model."""

    prices: Mapping[str, Price]
    facts: Mapping[str, Facts] = {}


class Houses(Struct, frozen=True):
    """The providers of a configuration: `on` are switched on; `home` run here (True: with the demo model); `encoders`
    make embeddings and nothing else."""

    on: frozenset[str]
    home: Mapping[str, bool] = {}
    encoders: frozenset[str] = frozenset()


def shipped_facts() -> Mapping[str, Facts]:
    """The table that comes with the package."""
    text = files("routing").joinpath("facts.yaml").read_text("utf-8")
    return convert(YAML(typ="safe", pure=True).load(text), dict[str, Facts])


def build(models: Mapping[str, Model], shipped: Shipped, houses: Houses) -> Catalog:
    """The catalogue of these models; what its provider does not serve, because it is off, is not there."""
    entries = dict(_entries(models, shipped, houses))
    names: dict[str, Routed | Entry] = {}
    for name, model in models.items():
        if model.route is not None:
            ceiling = entries.get(model.ceiling) if model.ceiling else None
            if model.ceiling is None or ceiling is not None:
                names[name] = Routed(model.route, ceiling)
        elif model.alias is not None and model.alias in entries:
            names[name] = entries[model.alias]
    return Catalog(entries, names, dict(_known(shipped, houses, entries)))


def provider_of(name: str, model: Model, facts: Mapping[str, Facts], providers: frozenset[str]) -> str | None:
    """Who serves this model; for a route that is its own ceiling, the provider that is named like its maker."""
    if model.provider is not None or model.alias is not None:
        return model.provider
    known = facts.get(model.upstream or name)
    return known.maker if known is not None and model.ceiling == name and known.maker in providers else None


def _entries(models: Mapping[str, Model], shipped: Shipped, houses: Houses) -> Iterator[tuple[str, Entry]]:
    for name, model in models.items():
        provider = provider_of(name, model, shipped.facts, houses.on)
        if provider in houses.on:
            yield name, _entry(name, provider or "", model, shipped, houses)


def _entry(name: str, provider: str, model: Model, shipped: Shipped, houses: Houses) -> Entry:
    upstream = model.upstream or name
    local = provider in houses.home
    facts = shipped.facts.get(upstream, Facts(tier="small" if local or model.price == "free" else "medium"))
    price = model.price or (None if local else shipped.prices.get(upstream))
    # what our own engine can is known; of others nothing is ruled out that no table rules out
    abilities = model.abilities if model.abilities is not None else (ENGINE if local else facts.abilities)
    return Entry(
        name=name,
        provider=provider,
        upstream=upstream,
        price=None if price == "free" else price,
        context=model.context or facts.context,
        max_output=model.max_output or facts.max_output,
        local=local,
        task="embeddings" if provider in houses.encoders else model.task or facts.task,
        tier=model.tier or ("demo" if houses.home.get(provider) else facts.tier),
        abilities=None if abilities is None else frozenset(abilities),
        # the demo model writes calls in the right form with the wrong arguments (2 of 30 right), whatever it says
        learning=local and model.abilities is None and not houses.home.get(provider),
    )


def _known(shipped: Shipped, houses: Houses, entries: Mapping[str, Entry]) -> Iterator[tuple[str, Entry]]:
    """`provider/model` for models with a shipped price whose maker is a provider here."""
    for upstream, facts in shipped.facts.items():
        if facts.maker in houses.on and upstream in shipped.prices:
            model = Model(provider=facts.maker)
            yield f"{facts.maker}/{upstream}", _entry(upstream, facts.maker, model, shipped, houses)
