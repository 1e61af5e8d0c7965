"""What a configuration serves, in words: for `halfpenny check` and for the banner at start."""

from collections.abc import Iterator

from providers import hub
from providers.engine.client import DEMO
from providers.engine.encoder_client import MINILM, MISSING
from providers.engine.files import chosen
from providers.engine.header import HeaderError, read
from providers.minilm import MODEL_PATH
from proxy.config.catalogue import catalogue
from proxy.config.schema import AnyProvider, Config, Local, off
from routing.budget import Rule
from routing.catalog import AUTO, Entry, Routed
from routing.money import exact, human
from routing.prices import Price


def lines(config: Config) -> Iterator[str]:
    """Providers, models, budgets and limits, a line each, under headings, and who keeps them; never a credential."""
    yield "providers"
    for name, provider in config.providers.items():
        yield f"  {name:<14} {_provider(provider)}"
    yield "models"
    yield from _models(config)
    yield "budgets" if config.budgets else "budgets: none, nothing limits what is spent"
    for rule in config.budgets:
        yield f"  {rule.name:<14} {_rule(rule)}"
    yield "limits" if config.limits else "limits: none, nothing limits how fast it is spent"
    for limit in config.limits:
        yield f"  {limit.name:<14} {limit.about()}"
    yield f"ledger: {_ledger(config)}"


def _ledger(config: Config) -> str:
    workers = config.server.workers
    who = f"{workers} HTTP workers" if workers > 1 else "one HTTP worker"
    if config.store.redis:
        return f"Redis and Postgres, shared by every machine that names them; {who} here"
    through = " through an accountant" if workers > 1 else ""
    survives = "kill -9 and a power cut" if config.ledger.durability == "power" else "kill -9"
    return f"a file in the data folder, for {who}{through}; durability {config.ledger.durability} survives {survives}"


def served(config: Config) -> list[str]:
    """The names that clients can ask for now: `auto` where any model stands behind it, then the catalogue's."""
    catalog = catalogue(config)
    return catalog.listed() if catalog.entries else []


def local(config: Config) -> list[str]:
    """The models that run at home."""
    return [entry.name for entry in catalogue(config).local()]


def doubt(provider: AnyProvider) -> str:
    """Why an engine will probably not start; empty when nothing speaks against it."""
    if not isinstance(provider, Local) or provider.model == DEMO:
        return ""
    if provider.model == MINILM:
        return "" if MODEL_PATH.is_file() else MISSING
    if provider.model.startswith(hub.SCHEME):
        return _not_here(provider.model)
    try:
        path = chosen(provider.model, provider.quantisation)
        if not path.is_file():
            return f"there is no file {provider.model}"
        read(path)
    except HeaderError as error:
        return str(error)
    return ""


def _not_here(model: str) -> str:
    try:
        hub.local(model)
    except hub.BadReference as error:
        return str(error)
    return ""


def _provider(provider: AnyProvider) -> str:
    if reason := off(provider):
        return f"off: {reason}"
    if isinstance(provider, Local):
        reason = doubt(provider)
        return f"on, llama.cpp with {provider.model}" + (f" — but {reason}" if reason else "")
    return f"on, {provider.base_url}"


def _models(config: Config) -> Iterator[str]:
    catalog = catalogue(config)
    chats = [entry for entry in catalog.entries.values() if entry.task == "chat"]
    # the demo model alone answers everything; beside others it has to be asked for
    names = [entry.name for entry in chats if config.routing.demo or entry.tier != "demo"] or [e.name for e in chats]
    yield f"  {AUTO:<22} {'chooses among ' + ', '.join(names) if names else 'not served: no model is'}"
    for name, model in config.models.items():
        meaning = catalog.names.get(name)
        if isinstance(meaning, Routed):
            ceiling = f", at most what {meaning.ceiling.name} costs" if meaning.ceiling else ""
            yield f"  {name:<22} chooses as {meaning.mode}{ceiling}"
        elif isinstance(meaning, Entry):
            yield f"  {name:<22} another name of {meaning.name}"
        elif name in catalog.entries:
            entry = catalog.entries[name]
            yield f"  {name:<22} {entry.provider}, {_price(entry.price or 'free')}"
        else:
            yield f"  {name:<22} not served{': ' + model.provider + ' is off' if model.provider else ''}"


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
