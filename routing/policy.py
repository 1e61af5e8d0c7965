"""The policy: which models may answer this call, in which order, and why. Pure."""

from msgspec import Struct

from providers.errors import CallerError
from providers.words import Call
from routing.catalog import AUTO, Catalog, Entry
from routing.decision import Candidate, Decision


class Caps(Struct, frozen=True, forbid_unknown_fields=True):
    """Limits on one request's answer: the output cap, in tokens, of a call that names none."""

    default_output: int = 4096


def decide(call: Call, catalog: Catalog, caps: Caps) -> Decision:
    """Candidates for this call. Raises CallerError when the name means nothing or nobody can answer."""
    asked = call.view.model
    if asked != AUTO:
        entry = catalog.find(asked)
        return Decision((_candidate(call, entry, caps),), (f"The client asked for {entry.name} by name.",))
    local = catalog.local()
    if not local:
        raise CallerError(
            "'auto' needs a local model, and none is configured. Name a model (GET /v1/models lists them), "
            "or add a provider with `dialect: engine` to config.yaml.",
            status=404,
            code="model_not_found",
            param="model",
        )
    reason = f"The local model {local[0].name} answers 'auto' at home."
    return Decision(tuple(_candidate(call, entry, caps) for entry in local), (reason,))


def _candidate(call: Call, entry: Entry, caps: Caps) -> Candidate:
    asked = call.view.max_output
    if asked is not None:
        return Candidate(entry, min(asked, entry.max_output or asked))
    if entry.price is None:
        return Candidate(entry, entry.max_output)
    return Candidate(entry, min(caps.default_output, entry.max_output or caps.default_output), clamped=True)
