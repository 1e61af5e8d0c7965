"""What shows only when the parts of a configuration are seen together: names that must meet, prices to be known."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from providers.endpoint import Endpoint
from providers.engine.client import Engine
from providers.engine.encoder_client import Encoder
from providers.http import address
from proxy.config.report import Mistake, near
from proxy.config.source import Node
from proxy.limits import rules as limiting
from routing.budget import Rule
from routing.catalog import MODES
from routing.classifier.training import answered, folder
from routing.models import Model
from routing.policy import OFF, Preferences
from routing.prices import Price

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
"""A provider's name becomes a file name in the run folder and the first part of `provider/model`."""


def mistakes(sections: Mapping[str, Any], root: Node, shipped: Mapping[str, Price]) -> Iterator[Mistake]:
    """Everything that does not fit together.

    `sections` are Config's fields, in which broken entries stand as placeholders; `root` is the tree they were made of,
    for its lines; `shipped` are the known prices by the provider's name of a model.
    """
    providers, models = _mapping(sections, "providers"), _mapping(sections, "models")
    yield from _names(providers, models, root)
    yield from _addresses(providers, root)
    for name, model in models.items():
        if isinstance(model, Model):
            yield from _model(name, model, providers, root, shipped)
            yield from _meaning(name, model, models, root)
            yield from _task(name, model, providers, root)
    yield from _twins("budgets", sections.get("budgets"), root)
    yield from _twins("limits", sections.get("limits"), root)
    yield from _measured(sections.get("routing"), models, root)
    yield from _encoded(sections.get("routing"), providers, root)
    yield from _limited(sections.get("limits"), models, root)


def _mapping(sections: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = sections.get(name)
    return section if isinstance(section, dict) else {}


def _names(providers: Mapping[str, Any], models: Mapping[str, Any], root: Node) -> Iterator[Mistake]:
    for name in providers:
        if not _NAME.fullmatch(name):
            hint = "letters, digits, `.`, `_` and `-`, at most 40"
            yield _mistake(root, ("providers", name), "a provider's name must be plain", hint)
    for name in MODES:
        if name in models:
            yield _mistake(root, ("models", name), "this name is taken: it lets Halfpenny choose")


def _addresses(providers: Mapping[str, Any], root: Node) -> Iterator[Mistake]:
    """An address is printed; a password in it would be too. One that is switched off may have none yet."""
    for name, provider in providers.items():
        if not isinstance(provider, Endpoint):
            continue
        path = ("providers", name, "base_url")
        if "@" in provider.base_url.partition("://")[2].partition("/")[0]:
            hint = "a credential has a field of its own: `credential: ${NAME}`"
            yield _mistake(root, path, "it has a user in it", hint)
        elif (provider.base_url or provider.credential) and not _reachable(provider.base_url):
            hint = "write it like `https://api.openai.com/v1`, without a query"
            yield _mistake(root, path, "it is no http:// or https:// address", hint)


def _reachable(base_url: str) -> bool:
    try:
        address.parse(base_url)
    except ValueError:
        return False
    return True


def _model(
    name: str, model: Model, providers: Mapping[str, Any], root: Node, shipped: Mapping[str, Price]
) -> Iterator[Mistake]:
    if model.provider is None:
        return
    if model.provider not in providers:
        hint = near(model.provider, providers, "the providers are")
        yield _mistake(root, ("models", name, "provider"), f"there is no provider `{model.provider}`", hint)
    elif (
        isinstance(providers[model.provider], Endpoint)
        and model.price is None
        and (model.upstream or name) not in shipped
    ):
        hint = "add `price: {input: $2.50, output: $10}` per million tokens, or `price: free`"
        yield _mistake(root, ("models", name), "its price is not known, so it cannot be held within a budget", hint)


def _measured(routing: Any, models: Mapping[str, Any], root: Node) -> Iterator[Mistake]:
    """Files of what was measured here: a start without them would quietly route by something else."""
    if isinstance(routing, Preferences) and routing.heads:
        try:
            folder.record(Path(routing.heads))
        except folder.BadHeads as error:
            yield _mistake(root, ("routing", "heads"), str(error))
    for name, model in models.items():
        if isinstance(model, Model) and model.placement:
            try:
                answered.of_one(Path(model.placement), name)
            except (OSError, answered.BadRows) as error:
                why, hint = f"the placement cannot be read: {error}", f"`halfpenny router place {name}` writes it"
                yield _mistake(root, ("models", name, "placement"), why, hint)


def _encoded(routing: Any, providers: Mapping[str, Any], root: Node) -> Iterator[Mistake]:
    """Tier 1 needs an encoder, and heads that were fitted to it."""
    if not isinstance(routing, Preferences) or routing.encoder == OFF:
        return
    encoders = [name for name, provider in providers.items() if isinstance(provider, Encoder)]
    if routing.encoder not in encoders:
        hint = near(routing.encoder, (*encoders, OFF), "an encoder, or off:")
        yield _mistake(root, ("routing", "encoder"), f"there is no local encoder `{routing.encoder}`", hint)
    if routing.heads and not folder.embedded(Path(routing.heads)).is_file():
        message = f"the heads in {routing.heads} were fitted without an encoder"
        yield _mistake(root, ("routing", "encoder"), message, "fit them with one, or say `off`")


def _task(name: str, model: Model, providers: Mapping[str, Any], root: Node) -> Iterator[Mistake]:
    """Our own programs do one thing each."""
    provider = providers.get(model.provider or "")
    does = "embeddings" if isinstance(provider, Encoder) else "chat" if isinstance(provider, Engine) else model.task
    if model.task not in (None, does):
        message = f"a model of `{model.provider}` is for {does}, not for {model.task}"
        yield _mistake(root, ("models", name, "task"), message, "leave `task` out")


def _meaning(name: str, model: Model, models: Mapping[str, Any], root: Node) -> Iterator[Mistake]:
    """A ceiling and an alias name a model of this file; a route may be its own ceiling."""
    for field, other in (("ceiling", model.ceiling), ("alias", model.alias)):
        if other is not None and other != name and other not in models:
            hint = near(other, models, "the models are")
            yield _mistake(root, ("models", name, field), f"there is no model `{other}`", hint)
    if model.alias == name:
        yield _mistake(root, ("models", name, "alias"), "a name cannot be an alias of itself")


def _twins(section: str, rules: object, root: Node) -> Iterator[Mistake]:
    seen: set[str] = set()
    for index, rule in enumerate(rules if isinstance(rules, tuple) else ()):
        if not isinstance(rule, Rule | limiting.Rule):
            continue
        if rule.name in seen:
            message = f"there are two rules named `{rule.name}`"
            yield Mistake(path=f"{section}[{index}]", line=_line_of(root, section, index), message=message)
        seen.add(rule.name)


def _limited(rules: object, models: Mapping[str, Any], root: Node) -> Iterator[Mistake]:
    """A limit's model is one that clients can ask for."""
    for index, rule in enumerate(rules if isinstance(rules, tuple) else ()):
        if not isinstance(rule, limiting.Rule) or rule.model is None:
            continue
        path, line, model = f"limits[{index}].model", _line_of(root, "limits", index), models.get(rule.model)
        if rule.model not in (*models, *MODES):
            hint = near(rule.model, (*models, *MODES), "the models are")
            yield Mistake(path=path, line=line, message=f"there is no model `{rule.model}`", hint=hint)
        elif isinstance(model, Model) and model.alias is not None:
            message = f"`{rule.model}` is only another name of `{model.alias}`"
            yield Mistake(path=path, line=line, message=message, hint=f"write `model: {model.alias}`")


def _line_of(root: Node, section: str, index: int) -> int | None:
    rules = root.value[section].value if isinstance(root.value, dict) else None
    return rules[index].line if isinstance(rules, list) else None


def _mistake(root: Node, steps: tuple[str, ...], message: str, hint: str = "") -> Mistake:
    node = root
    for step in steps:
        if isinstance(node.value, dict) and step in node.value:
            node = node.value[step]
    return Mistake(path=".".join(steps), line=node.line, origin=node.origin, message=message, hint=hint)
