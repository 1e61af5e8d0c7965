"""The shape of config.yaml: one frozen Struct a section, defaults included.

A new wire format is one Struct in `providers.dialects` and one name in the union here.
"""

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from providers.dialects.anthropic import Anthropic
from providers.dialects.bedrock import Bedrock
from providers.dialects.gemini import Gemini
from providers.dialects.openai import OpenAI
from providers.dialects.slm import Slm
from providers.endpoint import Endpoint, Secret
from providers.engine.client import Engine
from providers.engine.encoder_client import Encoder
from providers.labelling.client import Labeller
from proxy.config import servers
from proxy.config.classify import SOCKET, Classify, Doors
from proxy.limits import rules
from proxy.money.sync import Durability
from routing.budget import Rule
from routing.models import Model
from routing.policy import Preferences

Local: TypeAlias = Engine | Encoder
"""Providers that run here, each in a process of its own."""
AnyProvider: TypeAlias = Anthropic | Bedrock | Gemini | Slm | OpenAI | Local

Port = Annotated[int, Meta(ge=0, le=65535)]
Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(ge=0)]


class Server(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the proxy listens and what it puts up with.

    `port` 0 lets the system choose; `body_limit` is the largest request body in bytes; `drain` is how many seconds
    running answers get to finish after a request to stop; `workers` is how many processes answer HTTP.
    """

    host: str = "127.0.0.1"
    port: Port = 8000
    body_limit: Positive = 10 * 1024 * 1024
    drain: Seconds = 30.0
    workers: Annotated[int, Meta(ge=1, le=64)] = 1


class Books(Struct, frozen=True, forbid_unknown_fields=True):
    """How the ledger is kept. `durability`: what an answered hold survives, the death of the process or a power cut
    (then each hold waits for the disk)."""

    durability: Durability = "process"


class Stores(Struct, frozen=True, forbid_unknown_fields=True):
    """Servers that several machines share, by their URLs; both or none. Without them the ledger is a file here."""

    redis: Secret = Secret("")
    postgres: Secret = Secret("")

    def __post_init__(self) -> None:
        if bool(self.redis) != bool(self.postgres):
            raise ValueError("`store` needs both `redis` and `postgres`, or neither")
        for name, url, schemes in (("redis", self.redis, servers.REDIS), ("postgres", self.postgres, servers.POSTGRES)):
            if url and (why := servers.doubt(name, url.reveal(), schemes)):
                raise ValueError(why)


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole configuration: `providers` and `models` by name, in the file's order; `routing` is how to choose."""

    server: Server = Server()
    ledger: Books = Books()
    store: Stores = Stores()
    providers: dict[str, AnyProvider] = {}
    models: dict[str, Model] = {}
    budgets: tuple[Rule, ...] = ()
    limits: tuple[rules.Rule, ...] = ()
    routing: Preferences = Preferences()
    classify: Classify = Classify()
    doors: Doors = Doors()


def processes(config: Config) -> dict[str, Local | Labeller]:
    """Every model that runs here in a process of its own, by the name of its socket."""
    found: dict[str, Local | Labeller] = {
        name: provider for name, provider in config.providers.items() if isinstance(provider, Local)
    }
    labeller = config.classify.labeller()
    return found if labeller is None else {**found, SOCKET: labeller}


def off(provider: AnyProvider) -> str:
    """Why a provider is switched off; empty when it is on."""
    if isinstance(provider, Endpoint) and provider.credential is not None and not provider.credential:
        return "its credential is empty"
    return ""
