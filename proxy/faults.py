"""Whose fault a request's end was: a closed vocabulary, for metrics and reports.

`caller_…`: the client or its request; `policy_…`: the operator's rules said no; `provider_…`: a model's side failed;
`internal_…`: Halfpenny itself.
"""

from collections.abc import Mapping
from typing import Literal

from providers import errors

Fault = Literal[
    "ok",
    "caller_key",
    "caller_left",
    "caller_model",
    "caller_request",
    "caller_size",
    "caller_slow",
    "policy_budget",
    "policy_limit",
    "policy_unsupported",
    "provider_auth",
    "provider_broken",
    "provider_limited",
    "provider_other",
    "provider_quota",
    "provider_rejected",
    "provider_timeout",
    "provider_unavailable",
    "provider_unreachable",
    "internal_error",
    "internal_ledger",
    "internal_stopping",
]

_PROVIDER: Mapping[type[errors.ProviderError], Fault] = {
    errors.Rejected: "provider_rejected",
    errors.Unreachable: "provider_unreachable",
    errors.TimedOut: "provider_timeout",
    errors.RateLimited: "provider_limited",
    errors.QuotaExhausted: "provider_quota",
    errors.Unauthorised: "provider_auth",
    errors.Unavailable: "provider_unavailable",
    errors.Broken: "provider_broken",
}
_CODES: Mapping[str | None, Fault] = {
    "insufficient_quota": "policy_budget",
    "budget_in_flight": "policy_budget",
    "budget_emergency_stop": "policy_budget",
    "rate_limit_exceeded": "policy_limit",
    "unsupported_feature": "policy_unsupported",
    "ledger_unavailable": "internal_ledger",
    "server_shutting_down": "internal_stopping",
}
_STATUSES: Mapping[int, Fault] = {
    401: "caller_key",
    404: "caller_model",
    408: "caller_slow",
    413: "caller_size",
    499: "caller_left",
}


def fault(error: errors.HalfpennyError) -> Fault:
    """The word for an error. What a provider calls it never gets in."""
    if isinstance(error, errors.ProviderError):
        found = (word for kind, word in _PROVIDER.items() if isinstance(error, kind))
        return next(found, "provider_other")
    if error.code in _CODES:
        return _CODES[error.code]
    return _STATUSES.get(error.status, "caller_request") if error.status < 500 else "internal_error"
