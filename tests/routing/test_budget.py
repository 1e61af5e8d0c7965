"""Rules as config.yaml says them, and the counters that they name."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import pytest

from routing.budget import Allowance, Rule, Rulebook, Scope, named_well, scopes
from routing.money import NANO, decode

NOON = int(datetime(2026, 3, 31, 12, tzinfo=UTC).timestamp())
DAY = int(datetime(2026, 3, 31, tzinfo=UTC).timestamp())
MARCH = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
APRIL = int(datetime(2026, 4, 1, tzinfo=UTC).timestamp())

MONTH = {"name": "month", "window": "month", "limit": "$200", "alert_at": "70%", "stop_at": "95%"}
DEVELOPMENT = {"name": "daily", "key": "development", "window": "day", "limit": "$2"}
EACH = {"name": "each", "per_key": True, "window": "day", "limit": "$0.01", "alert_at": ["50%", "90%"]}


def read(*written: Mapping[str, object]) -> list[Rule]:
    return msgspec.convert(list(written), list[Rule], dec_hook=decode)


def test_a_rule_for_all_one_for_a_key_and_one_for_each() -> None:
    rules = read(MONTH, DEVELOPMENT, EACH)
    month = Scope("month", MARCH, APRIL, 200 * NANO, 190 * NANO, (140 * NANO,))
    each = Scope("each/alice", DAY, APRIL, NANO // 100, None, (NANO // 200, NANO // 1000 * 9))
    assert scopes(rules, "alice", NOON) == (month, each)
    assert scopes(rules, "development", NOON)[1] == Scope("daily/development", DAY, APRIL, 2 * NANO)


def test_a_key_may_carry_its_own_limit() -> None:
    own = Allowance(NANO // 100, "day")
    assert scopes([], "alice", NOON, own) == (Scope("key/alice", DAY, APRIL, NANO // 100),)


def test_free_answers_count_only_against_rules_for_all() -> None:
    rules = read(MONTH, {**EACH, "applies_to": "all"})
    assert [s.rule for s in scopes(rules, "alice", NOON, Allowance(1), paid=False)] == ["each/alice"]


def test_a_window_follows_the_time_zone() -> None:
    (rule,) = read({**EACH, "timezone": "Asia/Tokyo"})
    (scope,) = scopes([rule], "alice", NOON)
    assert (scope.window, scope.resets) == (DAY - 9 * 3600, DAY + 15 * 3600)


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 200},
        {"limit": "-$1"},
        {"window": "week"},
        {"timezone": "Mars/Base"},
        {"timezone": "../../etc/passwd"},
        {"timezone": ""},
        {"key": "alice", "per_key": True},
        {"name": "key"},
        {"name": "a/b"},
        {"name": ""},
        {"key": ""},
        {"stop_at": 95},
        {"alert_at": ["170%"]},
        {"applies_to": "free"},
        {"limmit": "$1"},
    ],
)
def test_a_mistaken_rule_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        read({**MONTH, **wrong})


def test_a_rulebook_answers_like_the_rules_on_both_sides_of_midnight() -> None:
    rules = read(MONTH, DEVELOPMENT, {**EACH, "timezone": "Asia/Kathmandu", "applies_to": "all"})
    book = Rulebook(rules)
    own = Allowance(5, "hour")
    for now in (NOON, NOON, APRIL - 1, APRIL, APRIL - 1, APRIL + 86400, NOON):
        for paid in (True, False):
            assert book.scopes("alice", now, own, paid=paid) == scopes(rules, "alice", now, own, paid=paid)
            assert book.scopes("development", now, paid=paid) == scopes(rules, "development", now, paid=paid)


def test_a_rulebook_without_rules_names_no_counter() -> None:
    assert Rulebook([]).scopes("alice", NOON) == ()


@pytest.mark.parametrize(
    ("name", "well"), [("alice", True), ("ci-2.x_y", True), ("", False), ("a b", False), ("a\n", False)]
)
def test_names(name: str, well: bool) -> None:
    assert named_well(name) is well
