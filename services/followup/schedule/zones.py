"""Moments and what clocks on the wall show at them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

ZoneOf = Literal["business", "customer"]


def zone_named(name: object) -> ZoneInfo | None:
    """The time zone with this name ("Europe/Zurich"), in upper or lower case; None if there is none."""
    if not isinstance(name, str):
        return None
    known = _names().get(name.strip().casefold())
    return ZoneInfo(known) if known else None


@cache
def _names() -> dict[str, str]:
    # Those of a place, and UTC: "localtime" and the like are of the machine, or of files beside the zones.
    return {name.casefold(): name for name in available_timezones() if "/" in name or name == "UTC"}


def moment_of(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The moment at which clocks in the zone show this time: the first, where they show it twice.

    A time that daylight saving skips moves on to the first moment that exists after it.
    """
    naive = datetime.combine(day, wall)
    before = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if before.astimezone(zone).replace(tzinfo=None) == naive:
        return before
    # Inside a gap the two offsets give a moment on either side of the change.
    return change(naive.replace(tzinfo=zone, fold=1).astimezone(UTC), before, zone)


def change(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """The second between two moments at which the zone changes its offset."""
    offset = early.astimezone(zone).utcoffset()
    low, high = int(early.timestamp()), int(late.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)
