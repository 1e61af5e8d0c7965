"""Every error has one word out of a closed set."""

from typing import get_args

import pytest

from providers import errors
from proxy.faults import Fault, fault


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (errors.Rejected("x", code="what they call it"), "provider_rejected"),
        (errors.TimedOut("x"), "provider_timeout"),
        (errors.Broken("x", code="upstream_disconnected"), "provider_broken"),
        (errors.ProviderError("x"), "provider_other"),
        (errors.CallerError("x", status=401, code="invalid_api_key"), "caller_key"),
        (errors.CallerError("x", status=404, code="model_not_found"), "caller_model"),
        (errors.CallerError("x", code="made-up"), "caller_request"),
        (errors.CallerError("x", status=429, code="insufficient_quota"), "policy_budget"),
        (errors.CallerError("x", code="unsupported_feature"), "policy_unsupported"),
        (errors.HalfpennyError("x", status=503, code="ledger_unavailable"), "internal_ledger"),
        (errors.HalfpennyError("x"), "internal_error"),
    ],
)
def test_an_error_s_word(error: errors.HalfpennyError, word: Fault) -> None:
    assert fault(error) == word


def test_every_provider_error_has_a_word_of_its_own() -> None:
    words = [fault(kind("x")) for kind in errors.ProviderError.__subclasses__()]
    assert "provider_other" not in words
    assert len(set(words)) == len(words)


def test_the_words_say_whose_fault_it_is() -> None:
    kinds = {word.partition("_")[0] for word in get_args(Fault)}
    assert kinds == {"ok", "caller", "policy", "provider", "internal"}
