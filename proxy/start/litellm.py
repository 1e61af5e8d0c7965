"""A configuration of LiteLLM's proxy as one of ours, and what of it has no equal here.

Source: https://docs.litellm.ai/docs/proxy/config_settings. Secrets are never copied: a credential that stands in the
file becomes a variable for `.env`.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct
from ruamel.yaml import YAML

from providers.endpoint import SECRET_BYTES
from proxy.start.numbers import number

VARIABLE = "os.environ/"
NOT_IN_NAMES = re.compile(r"[^\w.-]+", re.ASCII)
MILLION = 1_000_000
PRICES = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cached",
    "cache_creation_input_token_cost": "cache_write",
}
WINDOWS = {"1h": "hour", "1d": "day", "24h": "day", "7d": "week", "1w": "week", "30d": "month", "1mo": "month"}
READ = frozenset({"model", "api_base", "base_url", "api_key", "rpm", "tpm", "aws_region_name", "api_version", *PRICES})
HERE = {
    "drop_params": "what a provider cannot be asked is refused by name, or left out by its entry's `drop`",
    "num_retries": "one retry, then the next candidate, always before the first byte",
    "request_timeout": "`timeouts:` of a provider",
    "fallbacks": "`auto` and routes fall over by themselves; a name that is asked for is answered by that model alone",
    "context_window_fallbacks": "routes try a larger model by themselves",
    "cache": "only embeddings and labels are remembered",
    "callbacks": "`/metrics`, the log, and `halfpenny requests`",
    "success_callback": "`/metrics`, the log, and `halfpenny requests`",
    "failure_callback": "`/metrics`, the log, and `halfpenny requests`",
    "master_key": "`halfpenny keys create` makes keys; only their digests are stored",
    "database_url": "`store:` with Redis and PostgreSQL, or the file that needs no setting",
    "routing_strategy": "`routing:`: by expected quality and price",
    "set_verbose": "the log has a line for each request",
}
"""What stands for their settings here."""


class Maker(Struct, frozen=True, forbid_unknown_fields=True):
    """A provider of theirs: `env` holds its credential; `suffix` follows an api_base; `free` ones run at home."""

    dialect: str = "openai"
    base_url: str = ""
    env: str = ""
    suffix: str = ""
    free: bool = False
    quirks: dict[str, Any] = {}
    same: str = ""


class Imported(Struct):
    """Our sections as they grow, and sentences about what has no equal."""

    providers: dict[str, dict[str, Any]] = {}
    models: dict[str, dict[str, Any]] = {}
    budgets: list[dict[str, Any]] = []
    limits: list[dict[str, Any]] = []
    notes: list[str] = []


def imported(theirs: Mapping[str, Any]) -> Imported:
    """Their decoded YAML as ours."""
    made = Imported()
    makers = _makers()
    entries = theirs.get("model_list")
    for entry in entries if isinstance(entries, list) else ():
        asked = entry.get("litellm_params") if isinstance(entry, dict) else None
        if isinstance(asked, dict) and entry.get("model_name") and asked.get("model"):
            _model(str(entry["model_name"]), asked, makers, made)
        else:
            made.notes.append("model_list: an entry without model_name or litellm_params.model is left out")
    for section in ("litellm_settings", "general_settings", "router_settings"):
        settings = theirs.get(section)
        _settings(section, settings if isinstance(settings, dict) else {}, made)
    for section in theirs.keys() - {"model_list", "litellm_settings", "general_settings", "router_settings"}:
        made.notes.append(f"{section}: has no equal")
    return made


def _makers() -> dict[str, Maker]:
    text = files("proxy.start").joinpath("litellm.yaml").read_text("utf-8")
    makers = msgspec.convert(YAML(typ="safe", pure=True).load(text), dict[str, Maker])
    return {name: makers[maker.same] if maker.same else maker for name, maker in makers.items()}


def _model(name: str, asked: dict[str, Any], makers: Mapping[str, Maker], made: Imported) -> None:
    model = str(asked["model"])
    prefix, slash, upstream = model.partition("/")
    if not slash or prefix not in makers:
        prefix, upstream = ("openai", model) if not slash or asked.get("api_base") else ("", model)
    if "*" in model or "*" in name:
        made.notes.append(f"model_list {name}: name each model; there are no wildcards")
        return
    if not prefix:
        made.notes.append(
            f"model_list {name}: the provider of {model} is not known; if it speaks OpenAI's API, see docs/providers.md"
        )
        return
    if name in made.models:
        made.notes.append(f"model_list {name}: its second deployment ({model}) is left out, a name is one model here")
        return
    maker = makers[prefix]
    found: dict[str, Any] = {"provider": _provider(prefix, maker, asked, made)}
    if upstream != name:
        found["upstream"] = upstream
    price = _price(name, asked, made)
    if (maker.free and not price) or (price and set(price.values()) == {"$0"}):
        found["price"] = "free"
    elif price:
        found["price"] = price
    made.models[name] = found
    _pace(name, asked, made)
    for unknown in sorted(asked.keys() - READ):
        made.notes.append(f"model_list {name}: litellm_params.{unknown} has no equal")


def _pace(name: str, asked: dict[str, Any], made: Imported) -> None:
    rule: dict[str, int] = {}
    for theirs, ours in (("rpm", "requests_per_minute"), ("tpm", "tokens_per_minute")):
        if pace := _number(f"model_list {name}: litellm_params.{theirs}", asked.get(theirs), made):
            rule[ours] = int(pace)
    if rule:
        made.limits.append({"name": NOT_IN_NAMES.sub("-", f"pace-{name}"), "model": name, **rule})


def _provider(prefix: str, maker: Maker, asked: dict[str, Any], made: Imported) -> str:
    """The name of the entry that this deployment needs; the same one for the same address and credential."""
    entry: dict[str, Any] = {"dialect": maker.dialect}
    base = str(asked.get("api_base") or asked.get("base_url") or "").rstrip("/")
    if base.startswith(VARIABLE):
        base = "${" + base.removeprefix(VARIABLE) + "}"
    if base and maker.suffix and not base.endswith(maker.suffix):
        base += maker.suffix
    if maker.dialect == "bedrock":
        entry["region"] = str(asked.get("aws_region_name") or "us-east-1")
        base = base or f"https://bedrock-runtime.{entry['region']}.amazonaws.com"
    entry["base_url"] = base or maker.base_url or "https://CHANGE-ME/v1"
    credential = _credential(prefix, maker, asked.get("api_key"), made)
    if credential:
        entry["credential"] = credential
    entry |= maker.quirks
    for name, known in made.providers.items():
        if known == entry:
            return name
    name = next(name for name in _names(prefix) if name not in made.providers)
    made.providers[name] = entry
    if "CHANGE-ME" in entry["base_url"]:
        made.notes.append(f"providers.{name}: put its address where CHANGE-ME stands")
    return name


def _names(prefix: str) -> Iterator[str]:
    yield prefix
    number = 2
    while True:
        yield f"{prefix}-{number}"
        number += 1


def _credential(prefix: str, maker: Maker, given: Any, made: Imported) -> str:
    if isinstance(given, str) and given.startswith(VARIABLE):
        return _variable(given.removeprefix(VARIABLE))
    if given and len(str(given)) < SECRET_BYTES:  # "none", "EMPTY": a server that asks for none
        return ""
    if given and not maker.free:
        variable = maker.env or f"{prefix.upper()}_API_KEY"
        made.notes.append(f"the credential of {prefix} is not copied: put it into .env as {variable}=…")
        return _variable(variable)
    return _variable(maker.env) if maker.env else ""


def _variable(name: str) -> str:
    """As our YAML takes it from the environment, where it may be empty."""
    return "${" + name + ":-}"


def _settings(section: str, settings: dict[str, Any], made: Imported) -> None:
    budget = _number(f"{section}.max_budget", settings.get("max_budget"), made)
    if budget is not None:
        window = WINDOWS.get(str(settings.get("budget_duration", "30d")))
        if window is None:
            made.notes.append(f"{section}.budget_duration: write the window yourself (day, week, month …)")
        rule = {"name": f"imported-{len(made.budgets) + 1}", "window": window or "month", "limit": f"${budget:f}"}
        made.budgets.append(rule)
    for name in settings.keys() - {"max_budget", "budget_duration"}:
        made.notes.append(f"{section}.{name}: {HERE.get(name, 'has no equal')}")


def _price(name: str, asked: dict[str, Any], made: Imported) -> dict[str, str]:
    """Prices for a million tokens, exactly."""
    price = {}
    for theirs, ours in PRICES.items():
        per_token = _number(f"model_list {name}: litellm_params.{theirs}", asked.get(theirs), made)
        if per_token is not None:
            price[ours] = f"${(per_token * MILLION).normalize():f}"
    return price


def _number(where: str, given: Any, made: Imported) -> Decimal | None:
    """What is given there; what is no number (a variable's name, say) is told."""
    found = number(given)
    if found is None and given is not None:
        made.notes.append(f"{where}: {str(given)[:40]} is no number, write it yourself")
    return found
