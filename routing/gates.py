"""Hard gates: who could answer a call at all, before anybody asks who should. Pure."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from providers.errors import CallerError
from providers.words import Call, Need
from routing.catalog import Catalog, Entry, Routed
from routing.decision import LeftOut
from routing.prices import affordable, worst_case

BYTES_PER_TOKEN = 4
MIN_OUTPUT = 16
"""Tokens: an answer cut shorter than this, to fit what is left of a budget, helps nobody."""
_DEMO = "is the demo model, which answers beside others only with `demo: true` under `routing:`"
_PARAMS: dict[Need, str] = {
    "tools": "tools",
    "images": "messages",
    "audio": "messages",
    "files": "messages",
    "schema": "response_format",
    "logprobs": "logprobs",
    "many": "n",
}


class Wish(Struct, frozen=True):
    """What one request's headers ask of routing. `max_cost` is in nano-dollars."""

    route: Literal["local", "upstream"] | None = None
    max_cost: int | None = None


NONE = Wish()
NOTHING: Mapping[str, frozenset[str]] = {}


def task(call: Call, entry: Entry) -> None:
    """Refuse a model that does something else. Raises CallerError 400 `unsupported_feature`."""
    if entry.task != call.task:
        raise CallerError(
            f"The model '{entry.name}' is for {entry.task}, not for {call.task}.",
            code="unsupported_feature",
            param="model",
        )


class Pool(Struct, frozen=True):
    """Every entry that could answer a call, and why the others of its task could not."""

    able: list[Entry]
    left_out: list[LeftOut]

    def through(self, passed: list[Entry], why: str) -> "Pool":
        """The pool behind a gate that let these pass."""
        if len(passed) == len(self.able):
            return self
        names = {entry.name for entry in passed}
        stopped = [LeftOut(entry.name, why) for entry in self.able if entry.name not in names]
        return Pool(passed, self.left_out + stopped)


def pool(
    call: Call, catalog: Catalog, meant: Routed, demo: bool, wish: Wish, learned: Mapping[str, frozenset[str]] = NOTHING
) -> Pool:
    """Who could answer; `learned` is what processes say of their models.

    Raises CallerError that says which gate closed the last door.
    """
    able = [entry for entry in catalog.entries.values() if entry.task == call.task]
    if not able:
        raise _nobody(f"No model for {call.task} is configured", "models", 404)
    left = Pool(able, [])
    if not demo:
        left = left.through([entry for entry in able if entry.tier != "demo"] or able, _DEMO)
    if call.task == "embeddings":
        left = left.through(_own_encoder(left.able), "makes vectors that cannot be compared with the local model's")
    left = left.through(_able(call, left.able, learned), f"cannot do {', '.join(sorted(call.view.needs))}")
    left = left.through(_long_enough(call, left.able), "has too short a context")
    if meant.ceiling is not None:
        left = left.through(_below(call, left.able, meant.ceiling), f"may cost more than {meant.ceiling.name}")
    return left.through(wished(call, left.able, wish), "is ruled out by the request's own wishes")


def output_cap(call: Call, entry: Entry, default: int, wish: Wish = NONE) -> int:
    """The most output tokens that this call may have from this model; what we choose ourselves stays affordable."""
    if call.task == "embeddings":
        return 0
    asked = call.view.max_output or default
    cap = min(asked, entry.max_output or asked)
    if call.view.max_output is None and wish.max_cost is not None and entry.price is not None:
        fits = affordable(entry.price, call.bound(), wish.max_cost, call.view.n)
        cap = cap if fits is None else min(cap, max(fits, MIN_OUTPUT))
    return cap


def least(call: Call, entry: Entry) -> int:
    """The smallest hold that an answer can start with, in nano-dollars."""
    if entry.price is None:
        return 0
    output = output_cap(call, entry, MIN_OUTPUT)
    return worst_case(entry.price, call.bound(), output, call.view.n)


def _own_encoder(entries: list[Entry]) -> list[Entry]:
    """The local model alone: vectors of two models cannot be compared, so that nobody may stand in."""
    local = [entry for entry in entries if entry.local]
    if not local:
        raise _nobody("'auto' makes vectors with a local model, and none is configured; name one", "model", 404)
    return local[:1]


def _able(call: Call, entries: list[Entry], learned: Mapping[str, frozenset[str]]) -> list[Entry]:
    needs = call.view.needs
    able = [entry for entry in entries if entry.can(needs - _learned(entry, learned))]
    # a model that nobody has asked yet may be able to: where no other is, it shall say so itself
    able = able or [entry for entry in entries if _unknown(entry, learned) and entry.can(needs - {"tools"})]
    if not able:
        alone = [need for need in sorted(needs) if not any(entry.can(frozenset({need})) for entry in entries)]
        missing = alone[:1] or sorted(needs)  # each can be done, but not all by one model
        raise CallerError(
            f"No model that '{call.view.model}' may choose can do '{' and '.join(missing)}'. "
            "Configure one that can (`abilities:` of a model says so; `tools: hermes` gives a local one tools), "
            "or name a model.",
            code="unsupported_feature",
            param=_PARAMS[missing[0]],
        )
    return able


def _learned(entry: Entry, learned: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return learned.get(entry.provider, frozenset()) if entry.learning else frozenset()


def _unknown(entry: Entry, learned: Mapping[str, frozenset[str]]) -> bool:
    return entry.learning and entry.provider not in learned


def _long_enough(call: Call, entries: list[Entry]) -> list[Entry]:
    tokens = call.size // BYTES_PER_TOKEN
    fits = [entry for entry in entries if entry.context is None or tokens < entry.context]
    # bytes only estimate tokens: when nobody seems to fit, the largest may try
    return fits or [max(entries, key=lambda entry: entry.context or 0)]


def _below(call: Call, entries: list[Entry], ceiling: Entry) -> list[Entry]:
    most = _worst(call, ceiling)
    below = [entry for entry in entries if entry.name == ceiling.name or _worst(call, entry) <= most]
    if not below:
        raise _nobody(f"No model that can answer this costs at most as much as {ceiling.name}", "model", 400)
    return below


def _worst(call: Call, entry: Entry) -> int:
    if entry.price is None:
        return 0
    return worst_case(entry.price, call.bound(), call.view.max_output or BYTES_PER_TOKEN * 1024, call.view.n)


def wished(call: Call, entries: list[Entry], wish: Wish) -> list[Entry]:
    """Those that the request's own wishes leave. Raises CallerError 400 when none are left."""
    if wish.route is not None:
        entries = [entry for entry in entries if entry.local == (wish.route == "local")]
        if not entries:
            raise _nobody(f"No {wish.route} model can answer this", "x-halfpenny-route", 400)
    if wish.max_cost is not None:
        entries = [entry for entry in entries if least(call, entry) <= wish.max_cost]
        if not entries:
            raise _nobody("No model can answer this within its cost limit", "x-halfpenny-max-cost-usd", 400)
    return entries


def _nobody(what: str, param: str, status: int) -> CallerError:
    code = "model_not_found" if status == 404 else "unsupported_feature"
    return CallerError(f"{what}. GET /v1/models lists what is served.", status=status, code=code, param=param)
