"""Moments and days as staff read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

HOUR = len("2026-11-22 09")
REMEMBERED = 200_000


def in_zone(zone: tzinfo) -> Callable[[str], tuple[str, str]]:
    """Return what makes of a moment in UTC, as services give it, day and time of day in this zone.

    Of the hour that comes twice when summer time ends, the second has its offset behind the time.
    """
    hours: dict[str, tuple[str, str, str] | None] = {}

    def hour_of(hour: str) -> tuple[str, str, str] | None:
        local = datetime.fromisoformat(f"{hour}:00:00+00:00").astimezone(zone)
        whole = local.minute == local.second == 0
        found = (
            (local.strftime("%d.%m.%Y"), local.strftime("%H"), _offset(local)) if whole else None
        )
        if len(hours) < REMEMBERED:
            hours[hour] = found
        return found

    def local(moment: str) -> tuple[str, str]:
        hour = moment[:HOUR]
        found = hours[hour] if hour in hours else hour_of(hour)
        if found is not None:
            return found[0], f"{found[1]}{moment[HOUR:19]}{found[2]}"
        at = datetime.fromisoformat(moment).astimezone(zone)
        return at.strftime("%d.%m.%Y"), at.strftime("%H:%M:%S") + _offset(at)

    return local


def _offset(local: datetime) -> str:
    return local.strftime(" %z") if local.fold else ""
