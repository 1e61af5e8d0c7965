"""The headers and the words of a refusal are OpenAI's."""

import pytest

from proxy.limits.bucket import Bucket, Charge, Level, Verdict
from proxy.limits.refusal import duration, headers, refusal
from proxy.surfaces import errors

TOKENS = Bucket("each/alice:tokens", "tokens", 40_000, 40_000)
MS = 1_000_000


@pytest.mark.parametrize(
    ("nanos", "written"),
    [
        (0, "0s"),
        (-5, "0s"),
        (1, "1ms"),
        (20 * MS, "20ms"),
        (1000 * MS, "1s"),
        (1500 * MS, "1.5s"),
        (59_999 * MS, "59.999s"),
        (59_999 * MS + 1, "1m0s"),
        (360_000 * MS, "6m0s"),
        (90_500 * MS, "1m30.5s"),
        (3_723_000 * MS, "1h2m3s"),
    ],
)
def test_durations_are_written_as_openai_does(nanos: int, written: str) -> None:
    assert duration(nanos) == written


def test_the_three_headers_of_a_kind() -> None:
    assert headers("tokens", TOKENS, Level(39_000, 1500 * MS)) == (
        (b"x-ratelimit-limit-tokens", b"40000"),
        (b"x-ratelimit-remaining-tokens", b"39000"),
        (b"x-ratelimit-reset-tokens", b"1.5s"),
    )


def test_who_must_wait_reads_how_long() -> None:
    error = refusal((Charge(TOKENS, 500),), Verdict((Level(100, 0),), 0, 1_200 * MS + 1))
    assert (error.status, error.type, error.code) == (429, "tokens", "rate_limit_exceeded")
    assert error.message == (
        "Rate limit reached for limit 'each/alice' on tokens per min (TPM): "
        "Limit 40000, Used 39900, Requested 500. Please try again in 1.201s."
    )
    told = dict(errors.headers(error))
    assert (told[b"retry-after"], told[b"retry-after-ms"], told[b"x-should-retry"]) == (b"2", b"1201", b"true")


def test_what_never_fits_is_not_to_be_tried_again() -> None:
    error = refusal((Charge(TOKENS, 50_000),), Verdict((Level(40_000, 0),), 0, -1))
    assert error.message.startswith("Request too large for limit 'each/alice' on tokens per min (TPM): Limit 40000")
    assert "never fit" in error.message
    assert dict(errors.headers(error)) == {b"x-should-retry": b"false"}


def test_too_many_at_once() -> None:
    error = refusal((Charge(Bucket("r:parallel", "parallel", 2, 2)),), Verdict((Level(0, 0),), 0, 1_000 * MS))
    assert (error.type, error.retry_after) == ("requests", 1.0)
    assert "2 may run in parallel" in error.message
