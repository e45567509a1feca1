"""When a mail goes out. Pure rules: no clock, no database; everything handed in and given back is aware UTC.

The mailer and the plan that staff look at share these functions, so the plan is true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

Unit = Literal["minutes", "hours", "days", "weeks"]
CatchUp = Literal["send", "spread", "skip"]

# A mail that is less late than this simply goes: only a pause or a downtime calls for catching up.
LATE = timedelta(hours=1)
# What piled up while nothing could be sent is spread over this time.
SPREAD_OVER = timedelta(hours=24)
# The longest a window can stay shut is one week, and a day that a zone leaves out altogether.
_LOOK_AHEAD_DAYS = 9
_MIDNIGHT = time(0)


class EmptyWindow(ValueError):
    """A sending window that never opens."""


@dataclass(frozen=True, slots=True)
class Delay:
    """How long after the step before: days and weeks by the calendar, minutes and hours by the clock."""

    value: int
    unit: Unit


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


class Timed(Protocol):
    """Whatever says when mails may go."""

    @property
    def window(self) -> Window | None: ...

    @property
    def zone(self) -> ZoneInfo: ...


class Timetable(Protocol):
    """A step, as far as time goes."""

    @property
    def wait(self) -> Delay: ...

    @property
    def time_of_day(self) -> time | None: ...


def due_after(
    moment: datetime, delay: Delay, at: time | None, window: Window | None, zone: ZoneInfo
) -> datetime:
    """When the step is due that comes `delay` after `moment`, moved into the window.

    With a time of day, days and weeks count calendar days ("1 day, 9:00" is tomorrow at nine), and
    minutes and hours mean the first such time after they have gone by. Never before `moment`.
    """
    if delay.unit in ("minutes", "hours"):
        due = moment + timedelta(**{delay.unit: delay.value})
        if at is not None:
            due = _next_time_of_day(due, at, zone)
    else:
        local = moment.astimezone(zone)
        day = local.date() + timedelta(**{delay.unit: delay.value})
        if at is not None:
            due = moment_of(day, at, zone)
            if due < moment:
                due = moment_of(day + timedelta(days=1), at, zone)
        elif delay.value == 0:
            due = moment
        else:
            due = max(moment, moment_of(day, local.time(), zone))
    return into_window(due, window, zone)


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


def moment_of(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The moment at which clocks in the zone show this time: the first, where they show it twice.

    A time that daylight saving skips moves on to the first moment that exists after it.
    """
    naive = datetime.combine(day, wall)
    before = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if before.astimezone(zone).replace(tzinfo=None) == naive:
        return before
    # Inside a gap the two offsets give a moment on either side of the change.
    return _change(naive.replace(tzinfo=zone, fold=1).astimezone(UTC), before, zone)


def _next_time_of_day(moment: datetime, at: time, zone: ZoneInfo) -> datetime:
    day = moment.astimezone(zone).date()
    while (found := moment_of(day, at, zone)) < moment:
        day += timedelta(days=1)
    return found


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
            found.add(_change(begins, ends, zone))
            for wall in walls:  # shown twice on the day the clocks go back
                found.add(datetime.combine(day, wall, zone).replace(fold=1).astimezone(UTC))
        yield from sorted(found)


def _change(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
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


def when(
    sequence: Timed,
    step: Timetable,
    since: datetime,
    *,
    enrolment_id: UUID,
    spread_out: bool = False,
) -> datetime:
    """When the step's mail is due that counts from `since`."""
    window, zone = sequence.window, sequence.zone
    due = due_after(since, step.wait, step.time_of_day, window, zone)
    return spread(due, share_of(enrolment_id), window, zone) if spread_out else due


def share_of(id_: UUID) -> float:
    """A number in [0, 1) that is always the same for one id and evenly spread over many."""
    return (id_.int % 9973) / 9973
