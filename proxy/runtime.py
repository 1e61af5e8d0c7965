"""The runtime: everything a request needs, frozen, made once from the configuration and read once per request."""

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct, field

from providers.base import Provider
from providers.words import Call
from proxy.authentication import Authentication
from proxy.health import Health
from proxy.idempotency import Once
from proxy.limits.permit import Limits
from proxy.money.ledger import Ledger
from proxy.record import Record
from routing.budget import Rulebook
from routing.catalog import Catalog
from routing.policy import Preferences
from routing.retry import RetryBudget
from routing.signals import Signals
from routing.strong_share import StrongShare


class Runtime(Struct, frozen=True):
    """What the gateway reads. `clock` is in epoch nanoseconds, `body_limit` in bytes."""

    catalog: Catalog
    providers: Mapping[str, Provider]
    authentication: Authentication
    ledger: Ledger
    limits: Limits
    rules: Rulebook
    preferences: Preferences
    judge: Callable[[Call], Awaitable[Signals]]
    health: Health
    body_limit: int
    price_version: str
    clock: Callable[[], int]
    new_id: Callable[[], str]
    publish: Callable[[Record], None]
    strong: StrongShare
    once: Once
    retries: RetryBudget = field(default_factory=RetryBudget)
