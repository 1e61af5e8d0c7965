"""Records are kept in batches, the newest ones, and never in anybody's way."""

import asyncio
import logging
from pathlib import Path

import apsw
import pytest
from msgspec import structs

from proxy.record import Record
from proxy.records import APPLICATION, MAX_WAITING, Records, RecordsRefused, named, newest
from tests.doubles.eventually import eventually
from tests.doubles.records import RECORD


def record(number: int, key: str = "alice") -> Record:
    return structs.replace(RECORD, id=f"{number:032x}", key=key)


async def kept(path: Path, *records: Record, keep: int = 100) -> None:
    store = Records(path, keep)
    for one in records:
        store.add(one)
    await store.aclose()


async def test_a_record_comes_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    await kept(path, RECORD)
    assert newest(path, 9) == [RECORD]
    assert path.stat().st_mode & 0o777 == 0o600


async def test_it_is_written_while_the_server_runs(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    store = Records(path)
    store.add(RECORD)
    assert await eventually(lambda: newest(path, 9)) == [RECORD]
    store.add(record(7))
    await eventually(lambda: newest(path, 1) == [record(7)])
    await store.aclose()


async def test_the_newest_come_first_and_those_of_a_key_alone(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    await kept(path, record(1), record(2, "bob"), record(3))
    assert newest(path, 2) == [record(3), record(2, "bob")]
    assert newest(path, 9, "alice") == [record(3), record(1)]
    assert newest(path, 9, "nobody") == []


async def test_an_id_is_found_by_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    await kept(path, record(0x11), record(0x12), record(0x21))
    assert named(path, "0" * 30 + "1") == [record(0x11), record(0x12)]
    assert named(path, record(0x21).id) == [record(0x21)]
    assert named(path, "f") == []
    assert named(path, "0' OR 1=1") == []


async def test_only_the_newest_stay(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    await kept(path, *(record(number) for number in range(5)), keep=3)
    await kept(path, record(5), keep=3)
    assert [one.id for one in newest(path, 9)] == [record(number).id for number in (5, 4, 3)]


async def test_beyond_the_bound_records_are_dropped_and_counted(tmp_path: Path) -> None:
    store = Records(tmp_path / "records.db")
    for number in range(MAX_WAITING + 5):
        store.add(record(number))
    await store.aclose()
    assert store.dropped == 5
    assert len(newest(tmp_path / "records.db", 10**6)) == MAX_WAITING


async def test_a_file_that_cannot_be_written_loses_records_says_so_once_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "records.db"
    path.write_bytes(b"x" * 5000)
    store = Records(path)
    with caplog.at_level(logging.ERROR):
        store.add(record(1))
        await eventually(lambda: store.dropped == 1)
        store.add(record(2))
        await eventually(lambda: store.dropped == 2)
    await store.aclose()
    assert len([line for line in caplog.messages if "requests go on without their records" in line]) == 1
    assert path.read_bytes() == b"x" * 5000


@pytest.mark.parametrize(("application", "version"), [(1, 1), (APPLICATION, 99)])
async def test_a_foreign_or_newer_file_is_left_alone(tmp_path: Path, application: int, version: int) -> None:
    path = tmp_path / "records.db"
    db = apsw.Connection(str(path))
    db.execute("CREATE TABLE cookies (a)")
    db.pragma("application_id", application)
    db.pragma("user_version", version)
    await kept(path, RECORD)
    assert list(db.execute("SELECT name FROM sqlite_schema")) == [("cookies",)]
    db.close()
    with pytest.raises(RecordsRefused, match="no file of records"):
        newest(path, 1)


def test_no_file_yet_and_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    assert newest(path, 1) == []
    assert not path.exists()
    path.write_bytes(b"")
    assert named(path, "0") == []
    path.write_bytes(b"x" * 5000)
    with pytest.raises(RecordsRefused, match="cannot be read"):
        newest(path, 1)


async def test_the_loop_goes_on_while_the_file_is_locked(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    await kept(path, RECORD)
    db = apsw.Connection(str(path))
    db.execute("BEGIN IMMEDIATE")
    store = Records(path)
    store.add(record(9))
    closing = asyncio.create_task(store.aclose())
    for _ in range(100):  # the thread waits for the lock; the loop must not
        await asyncio.sleep(0)
    assert not closing.done()
    db.execute("COMMIT")
    db.close()
    await closing
    assert newest(path, 1) == [record(9)]


async def test_several_workers_write_into_one_file(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    workers = [Records(path) for _ in range(8)]
    for number, worker in enumerate(workers):
        worker.add(record(number))
    await asyncio.gather(*(worker.aclose() for worker in workers))
    assert sorted(found.id for found in newest(path, 20)) == [record(number).id for number in range(8)]
    assert [worker.dropped for worker in workers] == [0] * 8
