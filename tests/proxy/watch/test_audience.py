"""Who hears of a request, and who does not when its client asked for silence."""

import json
from pathlib import Path

from msgspec import structs

from proxy.money.ledger import Alert
from proxy.records import Records, newest
from proxy.watch.audience import Audience
from proxy.watch.logs import Log
from proxy.watch.metrics import Metrics
from tests.doubles.records import RECORD


async def test_a_request_is_heard_by_all_a_silent_one_is_counted_and_a_stranger_s_logged(tmp_path: Path) -> None:
    lines = tmp_path / "log.jsonl"
    with lines.open("wb") as file:
        audience = Audience(Metrics(["demo"]), Log(file.fileno()), Records(tmp_path / "records.db"))
        audience.hear(RECORD)
        audience.hear(structs.replace(RECORD, id="1" * 32, no_store=True))
        audience.hear(structs.replace(RECORD, id="2" * 32, key=""))
        audience.heed(Alert("daily/alice", 0, 5, 6))
        await audience.log.aclose()
        await audience.records.aclose()

    assert audience.metrics.requests == 3
    assert newest(tmp_path / "records.db", 9) == [RECORD]
    request, stranger, alert = [json.loads(line) for line in lines.read_bytes().splitlines()]
    assert (request["event"], request["id"], request["cost"], request["baseline"]) == ("request", "0" * 32, 1500, 4000)
    assert "attempts" not in request
    assert stranger["id"] == "2" * 32
    assert (alert["event"], alert["rule"]) == ("alert", "daily/alice")
    assert b'halfpenny_alerts_total{rule="daily"} 1.0' in audience.metrics.render()
