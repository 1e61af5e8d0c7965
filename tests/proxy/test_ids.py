"""Request ids are UUIDv7."""

import os
import uuid

from proxy.ids import uuid7


def test_it_is_a_version_7_uuid_with_its_time_in_front() -> None:
    made = uuid.UUID(uuid7(1_700_000_000_123_456_789, os.urandom))

    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == 1_700_000_000_123


def test_later_ids_sort_later() -> None:
    assert uuid7(10**18, os.urandom) < uuid7(10**18 + 10**6, os.urandom)


def test_ids_of_one_instant_differ() -> None:
    assert len({uuid7(10**18, os.urandom) for _ in range(1000)}) == 1000
