"""What a client reads about limits: OpenAI's `x-ratelimit-*` headers, and a 429 in OpenAI's words."""

from providers.errors import CallerError
from proxy.limits.bucket import Bucket, Charge, Level, Verdict

MILLI = 1_000_000
_WORDS = {
    "requests": "requests per min (RPM)",
    "tokens": "tokens per min (TPM)",
    "input": "input tokens per min (ITPM)",
    "output": "output tokens per min (OTPM)",
}
_NAMES = {
    kind: tuple(f"x-ratelimit-{what}-{kind}".encode() for what in ("limit", "remaining", "reset"))
    for kind in ("requests", "tokens")
}


class TooFast(CallerError):
    """A limit refuses. `type` says of what: `requests` or `tokens`."""

    status = 429
    code: str | None = "rate_limit_exceeded"


def duration(nanos: int) -> str:
    """As OpenAI writes it (Go's `Duration`), rounded up to milliseconds: `0s`, `20ms`, `1.5s`, `6m0s`."""
    millis = -(-nanos // MILLI)
    if millis < 1000:
        return f"{millis}ms" if millis > 0 else "0s"
    if millis < 60_000:
        return f"{millis / 1000:g}s"
    minutes, rest = divmod(millis, 60_000)
    seconds = f"{rest / 1000:g}s"
    if minutes < 60:
        return f"{minutes}m{seconds}"
    return f"{minutes // 60}h{minutes % 60}m{seconds}"


def headers(kind: str, bucket: Bucket, level: Level) -> tuple[tuple[bytes, bytes], ...]:
    """The three headers of a kind: `requests` or `tokens`."""
    limit, remaining, reset = _NAMES[kind]
    return (
        (limit, b"%d" % bucket.limit),
        (remaining, b"%d" % level.remaining),
        (reset, duration(level.reset).encode()),
    )


def refusal(charges: tuple[Charge, ...], verdict: Verdict) -> TooFast:
    """The 429 for a verdict that denies."""
    charge = charges[verdict.denied]
    bucket = charge.bucket
    rule = bucket.name.rpartition(":")[0]
    if bucket.measure == "parallel":
        return TooFast(
            f"Too many requests at once for limit '{rule}': {bucket.limit} may run in parallel. "
            "Try again when one of them has ended.",
            type="requests",
            retry_after=verdict.wait / 1e9,
        )
    kind = "requests" if bucket.measure == "requests" else "tokens"
    on = f"for limit '{rule}' on {_WORDS[bucket.measure]}: Limit {bucket.limit}"
    if verdict.wait < 0:
        return TooFast(
            f"Request too large {on}, at most {bucket.burst} at once, Requested {charge.amount}. It can never fit: "
            "shorten the input, or ask for fewer output tokens.",
            type=kind,
        )
    used = bucket.burst - verdict.levels[verdict.denied].remaining
    return TooFast(
        f"Rate limit reached {on}, Used {used}, Requested {charge.amount}. "
        f"Please try again in {duration(verdict.wait)}.",
        type=kind,
        retry_after=verdict.wait / 1e9,
    )
