"""Everybody who hears how a request ended: metrics, the log, the file of records."""

from msgspec import Struct, structs

from proxy.health import Ejected
from proxy.money.ledger import Notice
from proxy.record import Record
from proxy.records import Records
from proxy.watch.logs import Log
from proxy.watch.metrics import Metrics


class Audience(Struct, frozen=True):
    """Tells each of them once."""

    metrics: Metrics
    log: Log
    records: Records

    def hear(self, record: Record) -> None:
        """A request has ended. Where its client asked that no record be kept, it is only counted.

        Who shows no key leaves a line in the log, but nothing that could push the records of others out.
        """
        self.metrics.add(record)
        if not record.no_store:
            self.log.request(record)
            if record.key:
                self.records.add(record)

    def heed(self, notice: Notice) -> None:
        """The ledger has something to tell."""
        heed(self.metrics, self.log, notice)

    def ejected(self, told: Ejected) -> None:
        """A model is out of use until the operator mends what is wrong with the account."""
        self.log.line("ejected", structs.asdict(told))


def heed(metrics: Metrics, log: Log, notice: Notice) -> None:
    """Count it and log it: also where there are no records."""
    metrics.notice(notice)
    log.line(type(notice).__name__.lower(), structs.asdict(notice))
