"""When a mail goes out. Pure rules: no clock, no database; everything handed in and given back is aware UTC.

The mailer and the plan that staff look at share these functions, so the plan is true.
"""

from services.followup.schedule.catching_up import (
    LATE,
    SPREAD_OVER,
    CatchUp,
    catch_up,
    share_of,
    spread,
)
from services.followup.schedule.delays import Delay, Timed, Timetable, Unit, due_after, when
from services.followup.schedule.holidays import CALENDARS
from services.followup.schedule.windows import EmptyWindow, Window, into_window
from services.followup.schedule.zones import ZoneOf, moment_of, zone_named

__all__ = [
    "CALENDARS",
    "LATE",
    "SPREAD_OVER",
    "CatchUp",
    "Delay",
    "EmptyWindow",
    "Timed",
    "Timetable",
    "Unit",
    "Window",
    "ZoneOf",
    "catch_up",
    "due_after",
    "into_window",
    "moment_of",
    "share_of",
    "spread",
    "when",
    "zone_named",
]
