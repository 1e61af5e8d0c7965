"""From a configuration to the catalogue of what it serves."""

from providers.engine.client import DEMO
from providers.engine.encoder_client import Encoder
from proxy.config.schema import Config, Local, off
from routing import models, prices
from routing.catalog import Catalog


def houses(config: Config) -> models.Houses:
    """Which providers are on, and which of them run here."""
    on = {name: provider for name, provider in config.providers.items() if not off(provider)}
    home = {name: provider.model == DEMO for name, provider in on.items() if isinstance(provider, Local)}
    encoders = frozenset(name for name, provider in on.items() if isinstance(provider, Encoder))
    return models.Houses(frozenset(on), home, encoders)


def catalogue(config: Config) -> Catalog:
    """The catalogue, priced by the shipped table where the configuration says nothing."""
    shipped = models.Shipped(prices.shipped().prices, models.shipped_facts())
    return models.build(config.models, shipped, houses(config))
