"""What becomes of mails that are late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.followup.schedule.windows import Window, into_window

CatchUp = Literal["send", "spread", "skip"]

# A mail that is less late than this simply goes: only a pause or a downtime calls for catching up.
LATE = timedelta(hours=1)
# What piled up while nothing could be sent is spread over this time.
SPREAD_OVER = timedelta(hours=24)


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
    """A moment in the day after `moment`, inside the window, that depends on `share` in [0, 1) alone."""
    wanted = moment + timedelta(seconds=int(SPREAD_OVER.total_seconds() * share))
    if window is None:
        return wanted
    opens = into_window(wanted, window, zone)
    if opens == wanted:
        return wanted
    # All that fall into the closed time would go at the opening: deal them out over the open hours.
    start, end = (t.hour * 3600 + t.minute * 60 + t.second for t in (window.start, window.end))
    length = (end - start) % 86_400 or 86_400
    later = opens + timedelta(seconds=int(length * share))
    return later if window.allows(later.astimezone(zone)) else opens


def share_of(id_: UUID) -> float:
    """A number in [0, 1) that is always the same for one id and evenly spread over many."""
    return (id_.int % 9973) / 9973
