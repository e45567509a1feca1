"""No mail on public holidays, whatever the window, the zone and the calendar."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.followup.schedule import (
    CALENDARS,
    SPREAD_OVER,
    CatchUp,
    Delay,
    Window,
    catch_up,
    due_after,
    into_window,
    spread,
    zone_named,
)
from services.followup.schedule.catching_up import OPEN_AT_LEAST, SPREAD_AT_MOST
from services.followup.schedule.holidays import is_holiday
from services.followup.schedule.windows import open_hours
from tests.followup.test_schedule import BERLIN, EVERY_DAY, ZONES, berlin, delays, times, zones

calendars = st.none() | st.sampled_from(sorted(CALENDARS))
windows = st.builds(
    Window,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    start=times,
    end=times,
    holidays=calendars,
)
# Around Christmas, Easter and both changes of clocks of years to come.
moments = st.builds(
    lambda year, day, seconds: (
        datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day, seconds=seconds)
    ),
    st.integers(2024, 2040),
    st.one_of(
        st.integers(0, 6), st.integers(75, 125), st.integers(290, 310), st.integers(350, 365)
    ),
    st.integers(0, 86_399),
)


def opened(window: Window, moment: datetime, zone: ZoneInfo) -> date:
    """The local day on which the hours began that the moment lies in."""
    local = moment.astimezone(zone)
    over_midnight = window.start >= window.end and local.time() < window.end
    before = local.date() - timedelta(days=1)
    if over_midnight and not (local.time() >= window.start and window.opens_on(local.date())):
        return before
    return local.date()


@pytest.mark.parametrize(
    ("calendar", "day", "closed"),
    [
        ("DE", date(2026, 10, 3), True),
        ("DE", date(2026, 6, 4), False),  # Fronleichnam is not everywhere
        ("DE-BY", date(2026, 6, 4), True),
        ("DE-BY", date(2026, 8, 15), False),  # Mariä Himmelfahrt: only in some communities
        ("DE-BY-catholic", date(2026, 8, 15), True),
        ("DE-SN-catholic", date(2026, 6, 4), True),
        ("DE-SN", date(2026, 6, 4), False),
        ("DE-BY-Augsburg", date(2026, 8, 8), True),
        ("DE-BE", date(2026, 3, 8), True),
        ("AT", date(2026, 8, 15), True),
        ("AT", date(2026, 10, 26), True),
        ("CH", date(2026, 8, 1), True),
        ("CH-ZH", date(2026, 5, 1), True),
        ("CH-GR", date(2026, 5, 1), False),
        ("LI", date(2026, 8, 15), True),
        ("LU", date(2026, 6, 23), True),
    ],
)
def test_a_calendar_knows_the_holidays_of_its_place(calendar, day, closed):
    assert is_holiday(calendar, day) is closed


def test_a_mail_due_at_easter_goes_after_it():
    office = Window(frozenset(range(5)), time(9), time(17), "DE-BY")
    assert into_window(berlin(2026, 4, 2, 17), office, BERLIN) == berlin(2026, 4, 7, 9)
    nights = Window(EVERY_DAY, time(22), time(6), "DE-BY")
    # The night of Maundy Thursday goes on, Good Friday's does not begin.
    assert nights.allows(datetime(2026, 4, 3, 5, 59, tzinfo=BERLIN))
    assert not nights.allows(datetime(2026, 4, 3, 22, tzinfo=BERLIN))
    assert not nights.allows(datetime(2026, 4, 4, 1, tzinfo=BERLIN))


def test_two_closed_weeks_running_are_waited_for():
    """Christmas and New Year fall on the only day of the window."""
    fridays = Window(frozenset({4}), time(9), time(17), "DE")
    assert into_window(berlin(2026, 12, 24, 12), fridays, BERLIN) == berlin(2027, 1, 8, 9)
    assert spread(berlin(2026, 12, 24, 12), 0, fridays, BERLIN) == berlin(2027, 1, 8, 9)


@pytest.mark.parametrize("calendar", sorted(CALENDARS))
def test_no_calendar_closes_a_window_for_good(calendar):
    for weekday in range(7):
        window = Window(frozenset({weekday}), holidays=calendar)
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        while moment.year < 2035:
            moment = into_window(moment, window, BERLIN) + timedelta(days=6)


def test_holidays_cost_nothing_where_no_window_names_them():
    code = (
        "import sys; from services.followup.schedule import *; from datetime import datetime, time, UTC;"
        "from zoneinfo import ZoneInfo;"
        "into_window(datetime(2026,1,1,tzinfo=UTC), Window(frozenset({1}), time(9)), ZoneInfo('UTC'));"
        "assert 'holidays' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(moments, delays, st.none() | times, windows, zones)
@settings(max_examples=400, deadline=None)
def test_never_early_always_inside_never_on_a_holiday(moment, delay, at, window, zone):
    due = due_after(moment, delay, at, window, zone)
    assert due >= moment
    assert window.allows(due.astimezone(zone))
    day = opened(window, due, zone)
    assert day.weekday() in window.days
    assert window.holidays is None or not is_holiday(window.holidays, day)


@given(moments, st.integers(0, 60 * 24 * 40), windows, zones)
@settings(max_examples=300, deadline=None)
def test_who_is_due_later_does_not_go_before(moment, minutes, window, zone):
    later = moment + timedelta(minutes=minutes)
    assert into_window(moment, window, zone) <= into_window(later, window, zone)
    shares = [n / 7 for n in range(7)]
    found = [spread(moment, share, window, zone) for share in shares]
    assert found == sorted(found)


@given(
    moments,
    st.integers(0, 30 * 24),
    st.sampled_from(["send", "spread", "skip"]),
    st.floats(0, 0.9999),
    windows,
    zones,
)
@settings(max_examples=300, deadline=None)
def test_catching_up_keeps_to_the_window_and_to_holidays(
    due, hours, policy: CatchUp, share, window, zone
):
    now = due + timedelta(hours=hours)
    found = catch_up(due, now, policy, share, window, zone)
    if found is None:
        assert policy == "skip"
        assert hours > 1
    else:
        assert found >= now
        assert window.allows(found.astimezone(zone))


@given(moments, windows, zones)
@settings(max_examples=150, deadline=None)
def test_no_hour_gets_a_tenth_of_what_is_spread(moment, window, zone):
    first = into_window(moment, window, zone)
    ahead = [h for h in open_hours(first, window, zone) if h[0] - first < SPREAD_AT_MOST]
    enough = sum((min(c, first + SPREAD_AT_MOST) - o for o, c in ahead), timedelta())
    found = [spread(moment, n / 600, window, zone) for n in range(600)]
    hours = Counter(int(f.timestamp()) // 3600 for f in found)
    if enough >= OPEN_AT_LEAST:
        assert max(hours.values()) <= 60
    assert max(found) - first < SPREAD_AT_MOST


def test_without_a_window_a_day_is_enough():
    found = [spread(berlin(2026, 3, 2, 18), n / 100, None, BERLIN) for n in range(100)]
    assert max(found) - min(found) < SPREAD_OVER


@pytest.mark.parametrize(
    ("moment", "delay", "expected"),
    [
        (berlin(2027, 2, 28, 10), Delay(1, "days"), berlin(2027, 3, 1, 10)),
        (berlin(2028, 2, 28, 10), Delay(1, "days"), berlin(2028, 2, 29, 10)),
        (berlin(2028, 2, 29, 10), Delay(365, "days"), berlin(2029, 2, 28, 10)),
        (berlin(2028, 2, 29, 10), Delay(52, "weeks"), berlin(2029, 2, 27, 10)),
        (berlin(2027, 3, 1, 10), Delay(365, "days"), berlin(2028, 2, 29, 10)),
        (berlin(2099, 2, 28, 10), Delay(366, "days"), berlin(2100, 3, 1, 10)),  # no leap year
    ],
)
def test_leap_days_are_days_like_others(moment, delay, expected):
    assert due_after(moment, delay, None, None, BERLIN) == expected


def test_zones_have_the_names_that_places_have():
    assert zone_named(" europe/zurich ") == ZoneInfo("Europe/Zurich")
    for name in ("CEST", "Europe", "../etc/passwd", "localtime", "", "Mars/Olympus", None, 7):
        assert zone_named(name) is None
    assert all(zone_named(zone.key) == zone for zone in ZONES)
