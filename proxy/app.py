"""The composition root: the one place where concrete classes meet, opened in order and closed in reverse."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, closing
from pathlib import Path
from time import monotonic, time_ns

from litestar import Litestar
from msgspec import structs

from providers.base import Provider
from providers.engine.client import Engine, LocalEngine
from providers.engine.encoder_client import Encoder, LocalEncoder
from providers.engine.vector_cache import LocalCache, VectorCache
from providers.http.pool import Pool
from providers.http.transport import Transport
from proxy.accounts import accounts
from proxy.authentication import Authentication
from proxy.config.catalogue import catalogue
from proxy.config.schema import AnyProvider, Config, off, processes
from proxy.doors.opening import doors
from proxy.doors.shipped import shipped
from proxy.health import Health
from proxy.idempotency import Once
from proxy.ids import uuid7
from proxy.judging import judging
from proxy.keys import FILE, Keyring
from proxy.limits.permit import Limits
from proxy.limits.rules import Rulebook as Limitbook
from proxy.money.schema import FILE as LEDGER
from proxy.pages.deep import Depth
from proxy.places import socket_path
from proxy.records import FILE as RECORDS
from proxy.records import Records
from proxy.routes import create_app
from proxy.runtime import Runtime
from proxy.surfaces.responses.shelf import Store
from proxy.watch.audience import Audience
from proxy.watch.logs import Log
from proxy.watch.metrics import Metrics
from routing import prices
from routing.budget import Rulebook
from routing.catalog import Catalog
from routing.strong_share import StrongShare

__all__ = ["LEDGER", "new_id", "opened"]


def new_id() -> str:
    """A fresh request id."""
    return uuid7(time_ns(), os.urandom)


@asynccontextmanager
async def opened(config: Config, data: Path, run_folder: Path, log: Log) -> AsyncIterator[Litestar]:
    """The application over real files and sockets, all closed at the end. Raises what the ledger raises on opening."""
    catalog = catalogue(config)
    metrics = Metrics(catalog.entries)
    async with AsyncExitStack() as stack:
        providers = _providers(config, run_folder)
        for provider in providers.values():
            stack.push_async_callback(provider.aclose)

        records = await stack.enter_async_context(aclosing(Records(data / RECORDS)))
        audience = Audience(metrics, log, records)
        keys = stack.enter_context(closing(Keyring(data / FILE)))
        shelves = stack.enter_context(closing(Store(data)))

        kept = await stack.enter_async_context(accounts(config, data, run_folder, metrics, audience.heed))
        metrics.holds(kept.ledger.held)
        runtime = Runtime(
            catalog=catalog,
            providers=providers,
            authentication=Authentication(keys, monotonic),
            ledger=kept.ledger,
            limits=Limits(Limitbook(config.limits), kept.meter, catalog),
            rules=Rulebook(config.budgets),
            preferences=config.routing,
            judge=(await stack.enter_async_context(judging(config, catalog, run_folder, metrics))).read,
            health=Health(monotonic, audience.ejected),
            body_limit=config.server.body_limit,
            price_version=prices.shipped().version,
            clock=kept.ledger.now,
            new_id=new_id,
            publish=audience.hear,
            once=Once(monotonic),
            strong=StrongShare(config.routing.strong_share, workers=config.server.workers),
        )
        head = shipped(described=config.routing.topics)
        open = await stack.enter_async_context(doors(config, runtime, keys, run_folder, metrics, head))
        depth = Depth(run_folder, data, processes(config), kept.ledger, open.checks)
        yield create_app(
            runtime, metrics, kept.exposition, lambda: _loaded(providers, catalog), depth, open.apps, shelves
        )


def _providers(config: Config, run_folder: Path) -> dict[str, Provider]:
    """Those that are on, by name."""
    on = {name: provider for name, provider in config.providers.items() if not off(provider)}
    return {name: _provider(name, provider, config, socket_path(run_folder, name)) for name, provider in on.items()}


def _provider(name: str, provider: AnyProvider, config: Config, socket: Path) -> Provider:
    if isinstance(provider, Engine):
        return LocalEngine(str(socket), provider)
    if isinstance(provider, Encoder):
        return LocalEncoder(str(socket), provider, _cache(name, provider, config.store.redis.reveal()))
    return Transport(provider, Pool(provider))


def _cache(name: str, encoder: Encoder, redis: str) -> VectorCache | None:
    """Where an encoder's vectors are kept; None: nowhere."""
    if not encoder.cache_bytes:
        return None
    near = LocalCache(encoder.cache_bytes, encoder.cache_ttl, monotonic)
    if not (redis and encoder.cache_redis_bytes):
        return near
    from proxy.shared_vectors import SharedVectors  # loads the client of Redis

    return SharedVectors(near, redis, name, encoder.cache_redis_bytes, max(1, int(encoder.cache_ttl)), monotonic)


def _loaded(providers: Mapping[str, Provider], catalog: Catalog) -> dict[str, dict[str, object]]:
    """The local models that are up, by catalogue name."""
    found = {}
    for entry in catalog.local():
        engine = providers[entry.provider]
        if isinstance(engine, LocalEngine | LocalEncoder) and engine.ready is not None:
            found[entry.name] = dict(structs.asdict(engine.ready))
    return found
