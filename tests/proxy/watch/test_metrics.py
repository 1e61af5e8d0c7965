"""Metrics are folded from records; labels stay in closed sets."""

import pytest
from msgspec import structs

from proxy.faults import Fault
from proxy.money.ledger import Alert, Late, LedgerUnavailable, Overrun
from proxy.record import Choice, Opinion, Tried
from proxy.watch.metrics import Metrics
from tests.doubles.records import RECORD, TRIED

NOBODY = structs.replace(RECORD, model="", route="none", first_token=None, attempts=(), choice=Choice())


def text(metrics: Metrics) -> str:
    return metrics.render().decode()


def test_a_record_is_counted_once_in_every_family() -> None:
    metrics = Metrics(["demo"])
    metrics.add(RECORD)
    shown = text(metrics)

    for line in (
        'halfpenny_requests_total{model="demo",outcome="ok",route="local"} 1.0',
        'halfpenny_decisions_total{degraded="no",mode="auto",tier="demo"} 1.0',
        'halfpenny_tokens_total{kind="input",model="demo"} 3.0',
        'halfpenny_tokens_total{kind="output",model="demo"} 4.0',
        'halfpenny_tokens_total{kind="cached",model="demo"} 2.0',
        'halfpenny_tokens_total{kind="reasoning",model="demo"} 1.0',
        'halfpenny_cost_usd_total{model="demo"} 1.5e-06',
        'halfpenny_baseline_usd_total{model="demo"} 4e-06',
        'halfpenny_request_seconds_count{route="local"} 1.0',
        'halfpenny_request_seconds_sum{route="local"} 0.03',
        'halfpenny_first_token_seconds_sum{route="local"} 0.01',
    ):
        assert line in shown
    assert metrics.requests == 1


def test_every_attempt_is_charged_to_its_own_model() -> None:
    metrics = Metrics(["demo", "strong"])
    failed = Tried(0, "strong", "up", 9000, "settled", "upstream_timeout", cost=7000, baseline=7000, input=5)
    metrics.add(structs.replace(RECORD, route="fallback", attempts=(failed, TRIED)))
    shown = text(metrics)

    assert 'halfpenny_cost_usd_total{model="strong"} 7e-06' in shown
    assert 'halfpenny_tokens_total{kind="input",model="strong"} 5.0' in shown
    assert 'halfpenny_cost_usd_total{model="demo"} 1.5e-06' in shown
    assert 'halfpenny_requests_total{model="demo",outcome="ok",route="fallback"} 1.0' in shown


def test_names_that_clients_invent_make_no_new_series() -> None:
    metrics = Metrics(["demo"])
    metrics.add(structs.replace(NOBODY, fault="caller_model"))
    metrics.add(structs.replace(RECORD, model="", attempts=(structs.replace(TRIED, model=""),)))
    before = len(text(metrics).splitlines())

    for number in range(100):
        made_up = f"made-up-{number}"
        tried = structs.replace(TRIED, model=made_up, provider=made_up, answered=made_up, outcome=made_up)
        choice = structs.replace(RECORD.choice, reasons=(made_up,), baseline=made_up)
        opinion = Opinion({made_up: 0.5})
        named = structs.replace(RECORD, model=made_up, asked=made_up, key=made_up, outcome=made_up, opinion=opinion)
        metrics.add(structs.replace(named, attempts=(tried,), choice=choice))
        metrics.add(structs.replace(NOBODY, asked=made_up, outcome=made_up, fault="caller_model"))

    assert len(text(metrics).splitlines()) == before
    assert "made-up" not in text(metrics)


@pytest.mark.parametrize("fault", ["caller_model", "policy_budget", "provider_timeout", "internal_error"])
def test_outcomes_say_whose_fault_it_was(fault: Fault) -> None:
    metrics = Metrics(["demo"])
    metrics.add(structs.replace(NOBODY, status=500, outcome="whatever they call it", fault=fault))

    assert f'halfpenny_requests_total{{model="none",outcome="{fault}",route="none"}} 1.0' in text(metrics)
    assert "halfpenny_decisions_total{" not in text(metrics)


def test_holds_are_read_when_they_are_asked_for() -> None:
    held = [(0, 0)]
    metrics = Metrics([])
    metrics.holds(lambda: held[0])
    held[0] = (3, 2_500_000_000)

    assert "halfpenny_open_holds 3.0" in text(metrics)
    assert "halfpenny_held_usd 2.5" in text(metrics)


def test_a_ledger_that_cannot_be_read_hides_no_other_figure() -> None:
    def held() -> tuple[int, int]:
        raise LedgerUnavailable("IOError")

    metrics = Metrics(["demo"])
    metrics.holds(held)
    metrics.add(RECORD)

    assert "halfpenny_held_usd NaN" in text(metrics)
    assert 'halfpenny_cost_usd_total{model="demo"} 1.5e-06' in text(metrics)


def test_alerts_are_counted_by_rule_without_the_key_s_name() -> None:
    metrics = Metrics([])
    for notice in (Alert("daily/alice", 0, 5, 6), Alert("daily/bob", 0, 5, 6), Overrun("a", 0, 500), Late("a", 0, 5)):
        metrics.notice(notice)

    assert 'halfpenny_alerts_total{rule="daily"} 2.0' in text(metrics)
    assert "halfpenny_overrun_usd_total 5e-07" in text(metrics)
    assert "alice" not in text(metrics)


def test_requests_that_became_harder_are_drift_and_unread_ones_are_nothing() -> None:
    metrics = Metrics(["demo"])
    for place in range(4_000):
        difficulty = place % 10 / 20 + (0.45 if place >= 2_500 else 0.0)
        metrics.add(structs.replace(NOBODY, opinion=Opinion({"demo": 0.5}, difficulty, 0.5, "v", 1)))
        metrics.add(structs.replace(NOBODY, opinion=Opinion()))
    shown = dict(line.split(" ") for line in text(metrics).splitlines() if line.startswith("halfpenny_routing_drift"))
    assert float(shown['halfpenny_routing_drift{feature="difficulty"}']) > 0.25
    assert float(shown['halfpenny_routing_drift{feature="confidence"}']) < 0.1
