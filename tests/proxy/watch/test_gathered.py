"""Several processes' metrics, added up: exactly, and never going back."""

import os
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from proxy.money.ledger import Alert
from proxy.watch.gathered import Gathered, Sum
from proxy.watch.metrics import Metrics
from tests.doubles.records import RECORD

DEAD = 2**22 + 1
"""Beyond the largest process id of Linux."""


def process(folder: Path, pid: int, requests: int, held: int) -> Gathered:
    """A process that has counted so much."""
    metrics = Metrics([RECORD.model])
    metrics.holds(lambda: (held, held * 10**9))
    for _ in range(requests):
        metrics.add(RECORD)
    return Gathered(folder, f"{pid}-1", metrics)


def values(text: bytes) -> dict[str, float]:
    """Each sample without its labels, summed."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


async def test_processes_add_up_and_the_dead_keep_what_they_counted(tmp_path: Path) -> None:
    dead, alive = process(tmp_path, DEAD, 3, 7), process(tmp_path, os.getppid(), 4, 2)
    await dead.aclose()
    await alive.aclose()
    told = values(process(tmp_path, os.getpid(), 5, 1).render())
    assert told["halfpenny_requests_total"] == 12
    assert told["halfpenny_request_seconds_count"] == 12
    assert told["halfpenny_open_holds"] == 3
    assert told["halfpenny_held_usd"] == 3
    assert not [name for name in told if name.endswith("_created")]


async def test_what_is_asked_now_is_counted_now(tmp_path: Path) -> None:
    metrics = Metrics([])
    gathered = Gathered(tmp_path, f"{os.getpid()}-1", metrics)
    assert values(gathered.render()).get("halfpenny_alerts_total", 0) == 0
    metrics.notice(Alert("month", 0, 1, 2))
    assert values(gathered.render())["halfpenny_alerts_total"] == 1


def test_one_process_is_told_as_it_tells_itself() -> None:
    metrics = Metrics([RECORD.model])
    metrics.add(RECORD)
    total = Sum()
    total.add(metrics.render().decode(), lives=True)
    alone = {name: value for name, value in values(metrics.render()).items() if not name.endswith("_created")}
    assert values(total.render()) == alone


def test_the_drift_of_several_processes_is_the_largest_of_them() -> None:
    total = Sum()
    for moved in (0.3, 0.1, 0.0):
        total.add(f"# HELP halfpenny_routing_drift x\n# TYPE halfpenny_routing_drift gauge\n{DRIFT} {moved}\n", True)
    assert f"{DRIFT} 0.3\n" in total.render().decode()


DRIFT = 'halfpenny_routing_drift{feature="tokens"}'
