"""The hours in which mails may go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from services.followup.schedule.holidays import is_holiday
from services.followup.schedule.zones import change, moment_of

# No calendar closes the same weekday eight times running.
_LOOK_AHEAD_DAYS = 60
_MIDNIGHT = time(0)
_DAY = timedelta(days=1)

Hours = tuple[datetime, datetime]
"""From a moment, up to another that does not belong to it."""


class EmptyWindow(ValueError):
    """A sending window that never opens."""


@dataclass(frozen=True, slots=True)
class Window:
    """Weekdays (Monday is 0) and the local hours in which mails may go, the end exclusive.

    An end not after the start lies on the next day (22:00 to 06:00); that night belongs to the day on which
    it began. Equal ends mean the whole day. `holidays` names a calendar whose days are closed.
    """

    days: frozenset[int]
    start: time = _MIDNIGHT
    end: time = _MIDNIGHT
    holidays: str | None = None

    def allows(self, local: datetime) -> bool:
        """Whether the clock on the wall shows a time inside the window."""
        day, wall = local.date(), local.time()
        if self.start < self.end:
            return self.start <= wall < self.end and self.opens_on(day)
        if wall >= self.start and self.opens_on(day):
            return True
        return wall < self.end and self.opens_on(day - _DAY)

    def opens_on(self, day: date) -> bool:
        """Whether hours begin on that day."""
        if day.weekday() not in self.days:
            return False
        return self.holidays is None or not is_holiday(self.holidays, day)


def into_window(due: datetime, window: Window | None, zone: ZoneInfo) -> datetime:
    """Next moment a mail may go: `due` itself, or the next opening of the window after it.

    Raises EmptyWindow if there is none for two months.
    """
    if window is None or window.allows(due.astimezone(zone)):
        return due
    for opens, _ in open_hours(due, window, zone):
        return opens
    raise EmptyWindow("The sending window never opens.")


def open_hours(moment: datetime, window: Window, zone: ZoneInfo) -> Iterator[Hours]:
    """The hours in which the window is open from `moment` on, for two months."""
    today = moment.astimezone(zone).date()
    for offset in range(-1, _LOOK_AHEAD_DAYS):
        for opens, closes in _hours_on(today + timedelta(days=offset), window, zone):
            if closes > moment:
                yield max(opens, moment), closes


@lru_cache(maxsize=10_000)
def _hours_on(day: date, window: Window, zone: ZoneInfo) -> tuple[Hours, ...]:
    """The open hours between the day's midnight and the next."""
    begins, ends = moment_of(day, _MIDNIGHT, zone), moment_of(day + _DAY, _MIDNIGHT, zone)
    walls = (window.start, window.end)
    edges = {begins, *(moment_of(day, wall, zone) for wall in walls)}
    if begins.astimezone(zone).utcoffset() != ends.astimezone(zone).utcoffset():
        edges.add(change(begins, ends, zone))
        # A time that is shown twice; where the clocks go back over midnight, one of the day before.
        edges |= {
            datetime.combine(shown, wall, zone).replace(fold=1).astimezone(UTC)
            for shown in (day - _DAY, day)
            for wall in (*walls, _MIDNIGHT)
        }
    inside = sorted(edge for edge in edges if begins <= edge < ends)
    # Between two edges nothing changes.
    return tuple(
        (opens, closes)
        for opens, closes in pairwise([*inside, ends])
        if window.allows(opens.astimezone(zone))
    )
