"""Calendar windows against instants worked out by hand, and as a partition of time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from routing.windows import Kind, first_instant, window

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",  # clocks changed at 00:01 until 2011: the end of a day was shown twice
    "America/Sao_Paulo",  # clocks skipped midnight until 2019
    "America/Havana",  # midnight comes twice
    "Asia/Kathmandu",  # +05:45
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Pacific/Apia",  # 2011-12-30 never was
    "Asia/Beirut",  # clocks skip midnight
)


def at(text: str) -> int:
    """Epoch seconds of an ISO time with its offset."""
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    ("kind", "zone", "now", "start", "end"),
    [
        ("hour", "UTC", "2026-03-01T10:59:59+00:00", "2026-03-01T10:00:00+00:00", "2026-03-01T11:00:00+00:00"),
        (
            "hour",
            "Asia/Kathmandu",
            "2026-03-01T10:20:00+05:45",
            "2026-03-01T10:00:00+05:45",
            "2026-03-01T11:00:00+05:45",
        ),
        ("day", "UTC", "2024-02-29T12:00:00+00:00", "2024-02-29T00:00:00+00:00", "2024-03-01T00:00:00+00:00"),
        ("day", "Europe/Berlin", "2026-03-29T12:00:00+02:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"),
        ("day", "Europe/Berlin", "2026-10-25T12:00:00+01:00", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"),
        (
            "day",
            "America/Sao_Paulo",
            "2018-11-04T05:00:00-02:00",
            "2018-11-04T01:00:00-02:00",
            "2018-11-05T00:00:00-02:00",
        ),
        (
            "day",
            "America/Havana",
            "2026-11-01T00:30:00-05:00",
            "2026-11-01T00:00:00-04:00",
            "2026-11-02T00:00:00-05:00",
        ),
        (
            "day",
            "America/St_Johns",
            "2010-11-06T23:30:00-03:30",
            "2010-11-07T00:00:00-02:30",
            "2010-11-08T00:00:00-03:30",
        ),
        ("day", "Pacific/Apia", "2011-12-29T23:59:59-10:00", "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00"),
        ("day", "Pacific/Apia", "2011-12-31T00:00:00+14:00", "2011-12-31T00:00:00+14:00", "2012-01-01T00:00:00+14:00"),
        ("day", "Asia/Beirut", "2024-03-31T01:00:00+03:00", "2024-03-31T01:00:00+03:00", "2024-04-01T00:00:00+03:00"),
        ("month", "UTC", "2026-12-31T23:59:59+00:00", "2026-12-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"),
        ("month", "UTC", "2024-02-29T00:00:00+00:00", "2024-02-01T00:00:00+00:00", "2024-03-01T00:00:00+00:00"),
        (
            "month",
            "America/New_York",
            "2026-12-31T23:59:59-05:00",
            "2026-12-01T00:00:00-05:00",
            "2027-01-01T00:00:00-05:00",
        ),
        ("month", "Asia/Beirut", "2024-03-31T00:59:59+02:00", "2024-03-01T00:00:00+02:00", "2024-04-01T00:00:00+03:00"),
    ],
)
def test_window_by_hand(kind: Kind, zone: str, now: str, start: str, end: str) -> None:
    assert window(kind, ZoneInfo(zone), at(now)) == (at(start), at(end))


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("kind", ["hour", "day", "month"])
def test_windows_follow_each_other_without_gap(name: str, kind: Kind) -> None:
    zone = ZoneInfo(name)
    years = (2011,) if kind == "hour" else range(2009, 2029)
    for year in years:
        now, stop = at(f"{year}-01-01T00:00:00+00:00"), at(f"{year + 1}-01-02T00:00:00+00:00")
        start, end = window(kind, zone, now)
        while start < stop:
            assert start < end <= start + (3600 if kind == "hour" else 32 * 86400)
            assert window(kind, zone, end - 1) == (start, end)
            start, end = window(kind, zone, end)
            assert window(kind, zone, (start + end) // 2) == (start, end)


@pytest.mark.parametrize("name", ZONES)
def test_a_day_begins_where_its_date_is_first_shown(name: str) -> None:
    zone = ZoneInfo(name)
    day = date(2009, 1, 1)
    while day < date(2029, 1, 1):
        start = first_instant(day, zone)
        assert datetime.fromtimestamp(start, zone).date() >= day
        assert datetime.fromtimestamp(start - 1, zone).date() < day
        assert abs(start - datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) <= 14 * 3600
        day += timedelta(days=1)
