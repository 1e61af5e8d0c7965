"""The catalogue: which models there are, who serves each, at what price; and what a client's name means.

Names: `auto`, `auto:cheap` and `auto:best` are routed; a name that config.yaml maps to a route is routed below its
ceiling; a catalogue name, an alias or `provider/model` is served as named; anything else is unknown, and the nearest
names are told.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Literal

from msgspec import Struct

from providers.errors import CallerError
from providers.words import Need, Task
from routing.prices import Price

AUTO = "auto"
Mode = Literal["auto", "auto:cheap", "auto:best"]
MODES: tuple[Mode, ...] = ("auto", "auto:cheap", "auto:best")
Tier = Literal["demo", "small", "medium", "strong"]


class Entry(Struct, frozen=True):
    """A model ready to be chosen.

    `price` None: free, so that no money is held; `abilities` None: not known, so that nothing is ruled out; `context`
    and `max_output` are in tokens; `tier` places it among the classifier's heads; `learning`: what else it can is told
    by its own process.
    """

    name: str
    provider: str
    upstream: str
    price: Price | None
    context: int | None = None
    max_output: int | None = None
    local: bool = False
    task: Task = "chat"
    tier: Tier = "medium"
    abilities: frozenset[Need] | None = None
    learning: bool = False

    def can(self, needs: frozenset[Need]) -> bool:
        """Whether it has every ability that a call needs, as far as we know."""
        return self.abilities is None or needs <= self.abilities


class Routed(Struct, frozen=True):
    """A name that leaves the choice to us. `ceiling`: no candidate's worst case may exceed this model's."""

    mode: Mode
    ceiling: Entry | None = None


class Catalog(Struct, frozen=True):
    """All entries by name, in the order of config.yaml, only those whose provider is switched on.

    `names` holds what clients' names mean besides: routes and aliases. `known` has the entries of `provider/model` for
    models that config.yaml does not list but whose prices ship.
    """

    entries: Mapping[str, Entry]
    names: Mapping[str, Routed | Entry] = {}
    known: Mapping[str, Entry] = {}

    def meaning(self, name: str) -> Routed | Entry:
        """What a client means. Raises CallerError 404 `model_not_found` with the nearest names."""
        for mode in MODES:
            if name == mode:
                return Routed(mode)
        found = self.names.get(name) or self.entries.get(name) or self._qualified(name)
        if found is None:
            raise unknown_model(name, self.listed())
        return found

    def listed(self) -> list[str]:
        """Every name that a client may send, `auto` first."""
        return [AUTO, *self.entries, *(name for name in self.names if name not in self.entries)]

    def local(self) -> tuple[Entry, ...]:
        """The models that run at home."""
        return tuple(entry for entry in self.entries.values() if entry.local)

    def _qualified(self, name: str) -> Entry | None:
        provider, _, model = name.partition("/")
        named = (entry for entry in self.entries.values() if entry.provider == provider)
        found = (entry for entry in named if model in (entry.name, entry.upstream))
        return next(found, None) or self.known.get(name)


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
