"""Metrics are folded from records; labels stay in closed sets."""

from msgspec import structs

from proxy.record import Record
from proxy.watch.metrics import Metrics

RECORD = Record(
    id="1",
    at=0,
    key="alice",
    surface="chat",
    asked="auto",
    model="demo",
    provider="local",
    route="local",
    reason="",
    status=200,
    outcome="ok",
    stream=True,
    input=3,
    output=4,
    usage_source="provider",
    cost=1500,
    duration=30_000_000,
    first_token=10_000_000,
)


def test_a_record_is_counted_once_in_every_family() -> None:
    metrics = Metrics(["demo"])
    metrics.add(RECORD)
    text = metrics.render().decode()

    assert 'halfpenny_requests_total{model="demo",outcome="ok",route="local"} 1.0' in text
    assert 'halfpenny_tokens_total{kind="input",model="demo"} 3.0' in text
    assert 'halfpenny_tokens_total{kind="output",model="demo"} 4.0' in text
    assert 'halfpenny_cost_usd_total{model="demo"} 1.5e-06' in text
    assert 'halfpenny_request_seconds_count{route="local"} 1.0' in text
    assert 'halfpenny_first_token_seconds_count{route="local"} 1.0' in text
    assert metrics.requests == 1


def test_names_that_clients_invent_make_no_new_series() -> None:
    metrics = Metrics(["demo"])
    metrics.add(structs.replace(RECORD, model="", status=404))
    before = len(metrics.render().splitlines())

    for number in range(100):
        metrics.add(structs.replace(RECORD, model=f"made-up-{number}", asked=f"made-up-{number}", status=404))

    assert len(metrics.render().splitlines()) - before <= 2  # the token counters of "none"
    assert "made-up" not in metrics.render().decode()


def test_outcomes_say_whose_fault_it_was() -> None:
    metrics = Metrics(["demo"])
    for status in (200, 404, 499, 503):
        metrics.add(structs.replace(RECORD, status=status))

    text = metrics.render().decode()
    for outcome in ("ok", "caller", "left", "provider"):
        assert f'outcome="{outcome}",route="local"}} 1.0' in text
