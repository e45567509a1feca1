"""When a step is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from services.followup.schedule.catching_up import share_of, spread
from services.followup.schedule.windows import Window, into_window
from services.followup.schedule.zones import moment_of

Unit = Literal["minutes", "hours", "days", "weeks"]


@dataclass(frozen=True, slots=True)
class Delay:
    """How long after the step before: days and weeks by the calendar, minutes and hours by the clock."""

    value: int
    unit: Unit


class Timed(Protocol):
    """Whatever says when mails may go."""

    @property
    def window(self) -> Window | None: ...

    @property
    def zone(self) -> ZoneInfo: ...

    @property
    def zone_of(self) -> str: ...


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


def when(
    sequence: Timed,
    step: Timetable,
    since: datetime,
    zone: ZoneInfo,
    *,
    enrolment_id: UUID,
    spread_out: bool = False,
) -> datetime:
    """When the step's mail is due that counts from `since`, in the zone that counts for its customer."""
    window = sequence.window
    due = due_after(since, step.wait, step.time_of_day, window, zone)
    return spread(due, share_of(enrolment_id), window, zone) if spread_out else due


def _next_time_of_day(moment: datetime, at: time, zone: ZoneInfo) -> datetime:
    day = moment.astimezone(zone).date()
    while (found := moment_of(day, at, zone)) < moment:
        day += timedelta(days=1)
    return found
