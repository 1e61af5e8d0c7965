"""The catalogue: which models there are, who serves each, at what price; and what a client's name means.

Names: `auto` is routed; a catalogue name is served as named; `provider/model` names the provider's own model; anything
else is unknown, and the nearest names are told.
"""

from collections.abc import Container, Iterable, Mapping
from difflib import get_close_matches
from typing import Literal

from msgspec import Struct

from providers.errors import CallerError
from routing.prices import Price

AUTO = "auto"


class Model(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model as config.yaml describes it.

    `upstream` is the provider's own name for it (default: the catalogue's); `price` per million tokens, or `free`, or
    absent: the shipped table's; `context` and `max_output` are in tokens.
    """

    provider: str
    upstream: str | None = None
    price: Price | Literal["free"] | None = None
    context: int | None = None
    max_output: int | None = None


class Entry(Struct, frozen=True):
    """A model ready to be chosen. `price` None: free, so that no money is held."""

    name: str
    provider: str
    upstream: str
    price: Price | None
    context: int | None = None
    max_output: int | None = None
    local: bool = False


class Catalog(Struct, frozen=True):
    """All entries by name, in the order of config.yaml; only those whose provider is switched on."""

    entries: Mapping[str, Entry]

    def find(self, name: str) -> Entry:
        """The entry of that name, or of `provider/model`. Raises CallerError 404 with the nearest names."""
        entry = self.entries.get(name) or self._qualified(name)
        if entry is None:
            raise unknown_model(name, [AUTO, *self.entries])
        return entry

    def _qualified(self, name: str) -> Entry | None:
        provider, _, model = name.partition("/")
        named = (entry for entry in self.entries.values() if entry.provider == provider)
        return next((entry for entry in named if model in (entry.name, entry.upstream)), None)

    def local(self) -> tuple[Entry, ...]:
        """The models that run at home."""
        return tuple(entry for entry in self.entries.values() if entry.local)


def build(
    models: Mapping[str, Model], shipped: Mapping[str, Price], home: Container[str], off: Container[str]
) -> Catalog:
    """The catalogue of these models. `shipped` are known prices by the provider's name for a model; `home` names the
    providers that run here (their models are free), `off` those that are switched off."""
    entries = {}
    for name, model in models.items():
        if model.provider in off:
            continue
        upstream = model.upstream or name
        local = model.provider in home
        price = model.price or (None if local else shipped.get(upstream))
        entries[name] = Entry(
            name=name,
            provider=model.provider,
            upstream=upstream,
            price=None if price == "free" else price,
            context=model.context,
            max_output=model.max_output,
            local=local,
        )
    return Catalog(entries)


def unknown_model(name: str, known: Iterable[str]) -> CallerError:
    """A 404 in OpenAI's words that names what the client may have meant."""
    known = list(known)
    near = get_close_matches(name[:128], known, n=3, cutoff=0.5) or known[:8]
    return CallerError(
        f"The model '{name[:128]}' does not exist here. Nearest: {', '.join(near)}. GET /v1/models lists all.",
        status=404,
        code="model_not_found",
        param="model",
    )
