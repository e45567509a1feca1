"""The hours in which mails may go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.followup.schedule.zones import change, moment_of

# The longest a window can stay shut is one week, and a day that a zone leaves out altogether.
_LOOK_AHEAD_DAYS = 9
_MIDNIGHT = time(0)


class EmptyWindow(ValueError):
    """A sending window that never opens."""


@dataclass(frozen=True, slots=True)
class Window:
    """Weekdays (Monday is 0) and the local hours in which mails may go, the end exclusive.

    An end not after the start lies on the next day (22:00 to 06:00); that night belongs to the
    weekday on which it began. Equal ends mean the whole day.
    """

    days: frozenset[int]
    start: time = _MIDNIGHT
    end: time = _MIDNIGHT

    def allows(self, local: datetime) -> bool:
        """Whether the clock on the wall shows a time inside the window."""
        today, wall = local.weekday() in self.days, local.time()
        if self.start < self.end:
            return today and self.start <= wall < self.end
        yesterday = (local.weekday() - 1) % 7 in self.days
        return (today and wall >= self.start) or (yesterday and wall < self.end)


def into_window(due: datetime, window: Window | None, zone: ZoneInfo) -> datetime:
    """Next moment a mail may go: `due` itself, or the next opening of the window after it.

    Raises EmptyWindow if no day is allowed.
    """
    if window is None:
        return due
    if not window.days:
        raise EmptyWindow("The sending window allows no day.")
    if window.allows(due.astimezone(zone)):
        return due
    for opening in _openings(due, window, zone):
        if opening >= due and window.allows(opening.astimezone(zone)):
            return opening
    raise EmptyWindow("The sending window never opens.")


def _openings(due: datetime, window: Window, zone: ZoneInfo) -> Iterator[datetime]:
    """Every moment around `due` at which the window may open, in order."""
    today = due.astimezone(zone).date()
    # Without hours the window opens at midnight; one over midnight may open there too, after a closed day.
    walls = sorted({window.start, _MIDNIGHT})
    for offset in range(-1, _LOOK_AHEAD_DAYS):
        day = today + timedelta(days=offset)
        found = {moment_of(day, wall, zone) for wall in walls}
        begins, ends = (moment_of(day + timedelta(days=n), _MIDNIGHT, zone) for n in (0, 1))
        if begins.astimezone(zone).utcoffset() != ends.astimezone(zone).utcoffset():
            found.add(change(begins, ends, zone))
            for wall in walls:  # shown twice on the day the clocks go back
                found.add(datetime.combine(day, wall, zone).replace(fold=1).astimezone(UTC))
        yield from sorted(found)
