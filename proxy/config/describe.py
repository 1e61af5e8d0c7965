"""What a configuration serves, in words: for `halfpenny check` and for the banner at start."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from providers.engine.client import DEMO, Engine
from proxy.config.schema import AnyProvider, Config, off
from routing.budget import Rule
from routing.catalog import AUTO, Model
from routing.money import exact, human
from routing.prices import Price

Table = Mapping[str, Price]


def lines(config: Config, shipped: Table) -> Iterator[str]:
    """Providers, models and budgets, a line each, under headings; never a credential."""
    yield "providers"
    for name, provider in config.providers.items():
        yield f"  {name:<14} {_provider(provider)}"
    yield "models"
    yield f"  {AUTO:<14} {_auto(config)}"
    for name, model in config.models.items():
        yield f"  {name:<14} {_model(config, name, model, shipped)}"
    yield "budgets" if config.budgets else "budgets: none, nothing limits what is spent"
    for rule in config.budgets:
        yield f"  {rule.name:<14} {_rule(rule)}"


def served(config: Config) -> list[str]:
    """The names that clients can ask for now: `auto` where a local model stands behind it, then the catalogue's."""
    names = [name for name, model in config.models.items() if not off(config.providers[model.provider])]
    return [AUTO, *names] if local(config) else names


def local(config: Config) -> list[str]:
    """The models that run at home."""
    return [name for name, model in config.models.items() if isinstance(config.providers[model.provider], Engine)]


def doubt(provider: AnyProvider) -> str:
    """Why an engine will probably not start; empty when nothing speaks against it."""
    if not isinstance(provider, Engine) or provider.model == DEMO:
        return ""
    path = Path(provider.model).expanduser()
    if not path.is_file():
        return f"there is no file {provider.model}"
    with path.open("rb") as file:
        return "" if file.read(4) == b"GGUF" else f"{provider.model} is not a GGUF file"


def _provider(provider: AnyProvider) -> str:
    if reason := off(provider):
        return f"off: {reason}"
    if isinstance(provider, Engine):
        reason = doubt(provider)
        return f"on, llama.cpp with {provider.model}" + (f" — but {reason}" if reason else "")
    return f"on, {provider.base_url}"


def _auto(config: Config) -> str:
    names = local(config)
    return f"answered by {names[0]}" if names else "not served: no model has an engine as its provider"


def _model(config: Config, name: str, model: Model, shipped: Table) -> str:
    provider = config.providers[model.provider]
    price = model.price or ("free" if isinstance(provider, Engine) else shipped[model.upstream or name])
    text = f"{model.provider}, {_price(price)}"
    return f"not served ({model.provider} is off); {text}" if off(provider) else text


def _price(price: Price | str) -> str:
    if isinstance(price, str):
        return price
    # µ$ are thousands of n$
    return f"{human(price.input * 1000)} in, {human(price.output * 1000)} out per million tokens"


def _rule(rule: Rule) -> str:
    subject = f"the key {rule.key}" if rule.key else "each key" if rule.per_key else "all keys together"
    text = f"{_short(rule.limit)} a {rule.window} ({rule.timezone}) for {subject}"
    if rule.alert_at:
        text += f", alert at {', '.join(map(_share, rule.alert_at))}"
    return text + (f", stop at {_share(rule.stop_at)}" if rule.stop_at else "")


def _short(nano: int) -> str:
    return exact(nano).rstrip("0").rstrip(".")


def _share(points: int) -> str:
    return f"{points / 100:g}%"
