"""What becomes of mails that are late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.followup.schedule.windows import Window, into_window, open_hours

CatchUp = Literal["send", "spread", "skip"]

# A mail that is less late than this simply goes: only a pause or a downtime calls for catching up.
LATE = timedelta(hours=1)
# What piled up while nothing could be sent is spread over the open hours of this time,
SPREAD_OVER = timedelta(hours=24)
# and over so many open hours at least, that none of them gets a tenth of it,
OPEN_AT_LEAST = timedelta(hours=12)
# as far as a window has them within this time.
SPREAD_AT_MOST = timedelta(days=14)


def catch_up(
    due: datetime,
    now: datetime,
    policy: CatchUp,
    share: float,
    window: Window | None,
    zone: ZoneInfo,
) -> datetime | None:
    """When a mail goes that was due at `due` but is still here at `now`; None if it is to be left out.

    `share` in [0, 1) is the mail's own place among the late ones: the same mail always gets the same.
    """
    if now - due <= LATE or policy == "send":
        return into_window(max(due, now), window, zone)
    if policy == "skip":
        return None
    return spread(now, share, window, zone)


def spread(moment: datetime, share: float, window: Window | None, zone: ZoneInfo) -> datetime:
    """A moment after `moment`, inside the window, that depends on `share` in [0, 1) alone.

    Shares that are even make the mails of every open hour equally many.
    """
    if window is None:
        return moment + _part(SPREAD_OVER, share)
    first = into_window(moment, window, zone)
    open_, total = [], timedelta()
    for opens, closes in open_hours(first, window, zone):
        day_is_over = opens - first >= SPREAD_OVER
        if opens - first >= SPREAD_AT_MOST or (day_is_over and total >= OPEN_AT_LEAST):
            break
        wanted = max(first + SPREAD_OVER - opens, OPEN_AT_LEAST - total)
        length = min(closes - opens, wanted, first + SPREAD_AT_MOST - opens)
        open_.append((opens, length))
        total += length
    passed = _part(total, share)
    for opens, length in open_:
        if passed < length:
            return opens + passed
        passed -= length
    return first


def _part(length: timedelta, share: float) -> timedelta:
    return timedelta(seconds=int(length.total_seconds() * share))


def share_of(id_: UUID) -> float:
    """A number in [0, 1) that is always the same for one id and evenly spread over many."""
    return (id_.int % 9973) / 9973
