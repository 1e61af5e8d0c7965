"""A denied hold, told to the client: which rule, how much, until when, and whether trying again helps."""

from datetime import UTC, datetime

from providers.errors import CallerError
from proxy.money.ledger import Denied
from routing.money import human


def refusal(denied: Denied) -> CallerError:
    """The 429 for a hold that does not fit: only money held by running requests is worth another try."""
    spent = f"{human(denied.spent)} of {human(denied.limit)} is spent"
    if denied.why == "in_flight":
        return CallerError(
            f"Budget '{denied.rule}' has no room right now: {spent} and {human(denied.held)} held by running requests. "
            "Try again in a second.",
            status=429,
            type="insufficient_quota",
            code="budget_in_flight",
            retry_after=1,
        )
    resets = datetime.fromtimestamp(denied.resets, UTC).strftime("%Y-%m-%d %H:%M UTC")
    what = "has reached its emergency stop" if denied.why == "stop" else "leaves no room for this request"
    return CallerError(
        f"Budget '{denied.rule}' {what}: {spent}. It resets at {resets}. Local models (model 'auto') stay free.",
        status=429,
        type="insufficient_quota",
        code="budget_emergency_stop" if denied.why == "stop" else "insufficient_quota",
    )
