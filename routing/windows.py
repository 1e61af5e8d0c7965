"""Calendar windows: which hour, day or month of a time zone a moment belongs to, in epoch seconds.

A day begins at the first valid instant of its local date: 00:00, or the end of the gap where clocks skip midnight.
Windows of one kind follow each other without gap or overlap, whatever clocks do; a day may have 23, 24 or 25 hours.
"""

from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Kind = Literal["hour", "day", "month"]

_HOUR = 3600


def window(kind: Kind, zone: ZoneInfo, now: int) -> tuple[int, int]:
    """(start, end) in epoch seconds of the window that holds `now`; the end is the next one's start."""
    today = _local(zone, now).date()
    day, step = (today.replace(day=1), _next_month) if kind == "month" else (today, _next_day)
    start, end = first_instant(day, zone), first_instant(step(day), zone)
    if now >= end:  # clocks were set back over midnight: the date shown is yesterday's, whose window has ended
        start, end = end, first_instant(step(step(day)), zone)
    if kind == "hour":
        start += (now - start) // _HOUR * _HOUR
        end = min(start + _HOUR, end)
    return start, end


def first_instant(day: date, zone: ZoneInfo) -> int:
    """The first moment, in epoch seconds, at which the zone's calendar shows this date or a later one."""
    midnight = datetime.combine(day, time(), zone)
    late = int(midnight.timestamp())
    if _local(zone, late) == midnight.replace(tzinfo=None):
        return late  # the first of two midnights, where there are two
    early = int(midnight.replace(fold=1).timestamp())
    while early < late:  # midnight falls into a gap, whose end lies between its readings with either offset
        middle = (early + late) // 2
        early, late = (early, middle) if _local(zone, middle).date() >= day else (middle + 1, late)
    return late


def _local(zone: ZoneInfo, now: int) -> datetime:
    return datetime.fromtimestamp(now, zone).replace(tzinfo=None, fold=0)


def _next_day(day: date) -> date:
    return day + timedelta(days=1)


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
