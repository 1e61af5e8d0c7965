"""What of a configuration that is read again is served at once, and what waits for the next start. Pure.

A process of ours can be replaced by one with other settings. What the HTTP workers hold themselves they read once:
everything outside those processes, and what they keep or believe on a process's behalf.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, structs

from providers.engine.client import DEMO
from providers.engine.encoder_client import Encoder
from providers.labelling.client import Labeller
from proxy.config.classify import Classify
from proxy.config.schema import Config, Local, processes

KEPT_BY_WORKERS = ("cache_bytes", "cache_redis_bytes", "cache_ttl", "cache_shared")
"""Fields of an encoder that the HTTP workers' caches are made with."""
OF_THE_CLASSIFIER = ("model_path", "model_device", "hf_model_id", "batch_max_size", "batch_max_wait_ms")
"""Fields of `classify` that its process is started with."""


class Reload(Struct, frozen=True):
    """New settings of the processes to replace, by name; and what waits, as it is written: `budgets`,
    `providers.encoder.cache_bytes`."""

    swaps: Mapping[str, Local | Labeller]
    waiting: tuple[str, ...]


def reload(serving: Config, now: Mapping[str, Local | Labeller], fresh: Config) -> Reload:
    """From what is served, `now` being its processes' settings, to a fresh configuration."""
    swaps, waiting = {}, []
    found = processes(fresh)
    for name, settings in now.items():
        wanted = found.get(name)
        if wanted is None or wanted == settings:
            continue
        told, usable = _allowed(name, settings, wanted)
        waiting += told
        if usable != settings:
            swaps[name] = usable
    return Reload(swaps, (*waiting, *_providers(serving, now, fresh), *_sections(serving, fresh)))


def _allowed(name: str, settings: Local | Labeller, wanted: Local | Labeller) -> tuple[list[str], Local | Labeller]:
    """What waits of one process's settings, and the settings that it may have meanwhile."""
    if type(wanted) is not type(settings):
        return [f"providers.{name}.dialect"], settings
    if (wanted.model == DEMO) != (settings.model == DEMO):
        return [f"providers.{name}.model (routing tells the demo model from others at the start)"], settings
    if not isinstance(settings, Encoder) or not isinstance(wanted, Encoder):
        return [], wanted
    kept = {field: getattr(settings, field) for field in KEPT_BY_WORKERS}
    told = [f"providers.{name}.{field}" for field, value in kept.items() if getattr(wanted, field) != value]
    return told, structs.replace(wanted, **kept)


def _providers(serving: Config, now: Mapping[str, Local | Labeller], fresh: Config) -> Iterator[str]:
    """Providers that came, went, or are elsewhere."""
    names = dict.fromkeys((*serving.providers, *fresh.providers))
    for name in names:
        before, after = serving.providers.get(name), fresh.providers.get(name)
        if before is None or after is None or (name not in now and before != after):
            yield f"providers.{name}"


def _sections(serving: Config, fresh: Config) -> Iterator[str]:
    """Sections that are the HTTP workers' own."""
    for section in Config.__struct_fields__:
        before: Any = getattr(serving, section)
        after: Any = getattr(fresh, section)
        if section == "classify" and processes(serving).keys() == processes(fresh).keys():
            before, after = _without_process(before), _without_process(after)
        if section != "providers" and before != after:
            yield section


def _without_process(classify: Classify) -> Classify:
    plain = Classify()
    return structs.replace(classify, **{field: getattr(plain, field) for field in OF_THE_CLASSIFIER})
