"""Which buckets a request counts against."""

import pytest

from proxy.limits.rules import Rule, Rulebook


def names(rules: list[Rule], key: str = "alice", team: str = "", model: str = "gpt-4o") -> tuple[list[str], list[str]]:
    book = Rulebook(rules)
    return [charge.bucket.name for charge in book.early(key, team)], [b.name for b in book.late(key, team, model)]


def test_requests_count_before_the_body_and_tokens_after() -> None:
    every = Rule(name="all", requests_per_minute=1, parallel=2, tokens_per_minute=3, input_tokens_per_minute=4)
    assert names([every]) == (["all:requests", "all:parallel"], ["all:tokens", "all:input"])


def test_a_rule_about_a_model_counts_when_the_model_is_known() -> None:
    one = Rule(name="dear", model="gpt-4o", requests_per_minute=1)
    each = Rule(name="each", per_model=True, parallel=1, output_tokens_per_minute=5)
    assert names([one, each]) == ([], ["dear:requests", "each/gpt-4o:parallel", "each/gpt-4o:output"])
    assert names([one, each], model="demo") == ([], ["each/demo:parallel", "each/demo:output"])


@pytest.mark.parametrize(
    ("rule", "key", "team", "counted"),
    [
        (Rule(name="r", key="alice", parallel=1), "alice", "", ["r:parallel"]),
        (Rule(name="r", key="alice", parallel=1), "bob", "", []),
        (Rule(name="r", team="x", per_key=True, parallel=1), "bob", "x", ["r/bob:parallel"]),
        (Rule(name="r", team="x", parallel=1), "bob", "y", []),
        (Rule(name="r", per_team=True, parallel=1), "bob", "y", ["r/y:parallel"]),
        (Rule(name="r", per_team=True, parallel=1), "bob", "", []),
    ],
)
def test_keys_and_teams(rule: Rule, key: str, team: str, counted: list[str]) -> None:
    assert names([rule], key, team)[0] == counted


def test_a_burst_is_seconds_of_the_limit_and_at_least_one() -> None:
    def burst(limit: int, seconds: int) -> int:
        (bucket,) = Rule(name="r", requests_per_minute=limit, burst_seconds=seconds).buckets("a", "", None)
        return bucket.burst

    assert [burst(60, 60), burst(60, 10), burst(6, 1), burst(60, 120)] == [60, 10, 1, 120]


def test_it_says_what_it_does() -> None:
    rule = Rule(name="r", team="x", per_key=True, requests_per_minute=5, parallel=2)
    assert rule.about() == "5 requests per minute, 2 parallel for the team x and each key"


@pytest.mark.parametrize("wrong", [{"key": ""}, {"team": "a b"}, {"key": "a\n"}])
def test_a_rule_about_a_name_that_nobody_can_have_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="can be called so"):
        Rule(name="r", parallel=1, **wrong)  # type: ignore[arg-type]
