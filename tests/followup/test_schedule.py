"""When a mail goes: delays, times of day and windows, in the business's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.followup.schedule import (
    SPREAD_OVER,
    Delay,
    EmptyWindow,
    Window,
    catch_up,
    due_after,
    into_window,
    moment_of,
    spread,
)

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Berlin",
        "UTC",
        "America/New_York",
        "Asia/Beirut",  # changes at midnight
        "Australia/Lord_Howe",  # half an hour
        "Pacific/Apia",  # left out a whole day
        "Africa/Casablanca",
        "Asia/Kathmandu",
    )
]
EVERY_DAY = frozenset(range(7))

zones = st.sampled_from(ZONES)
moments = st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1)).map(  # noqa: DTZ001
    lambda d: d.replace(tzinfo=UTC, microsecond=0)
)
times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
windows = st.builds(
    Window, days=st.frozensets(st.integers(0, 6), min_size=1), start=times, end=times
)
delays = st.one_of(
    st.builds(Delay, st.integers(0, 10_000), st.just("minutes")),
    st.builds(Delay, st.integers(0, 500), st.just("hours")),
    st.builds(Delay, st.integers(0, 400), st.just("days")),
    st.builds(Delay, st.integers(0, 60), st.just("weeks")),
)


def berlin(*args: int) -> datetime:
    return datetime(*args, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "delay", "at", "expected"),
    [
        (berlin(2026, 3, 2, 10), Delay(90, "minutes"), None, berlin(2026, 3, 2, 11, 30)),
        (berlin(2026, 3, 2, 10), Delay(1, "days"), time(9), berlin(2026, 3, 3, 9)),
        (berlin(2026, 3, 2, 10), Delay(0, "days"), time(9), berlin(2026, 3, 3, 9)),
        (berlin(2026, 3, 2, 8), Delay(0, "days"), time(9), berlin(2026, 3, 2, 9)),
        (berlin(2026, 3, 2, 8), Delay(0, "days"), None, berlin(2026, 3, 2, 8)),
        (berlin(2026, 3, 2, 8), Delay(2, "hours"), time(9), berlin(2026, 3, 3, 9)),
        # The same time of day, although one day has 23 hours and another 25.
        (berlin(2026, 3, 28, 10), Delay(1, "days"), None, berlin(2026, 3, 29, 10)),
        (berlin(2026, 10, 24, 10), Delay(1, "weeks"), None, berlin(2026, 10, 31, 10)),
        # Hours go by the clock of physics.
        (berlin(2026, 3, 28, 12), Delay(24, "hours"), None, berlin(2026, 3, 29, 13)),
        (berlin(2028, 2, 28, 10), Delay(1, "days"), None, berlin(2028, 2, 29, 10)),
        (berlin(2028, 2, 29, 10), Delay(1, "days"), None, berlin(2028, 3, 1, 10)),
        # 02:30 does not exist on that day.
        (berlin(2026, 3, 28, 12), Delay(1, "days"), time(2, 30), berlin(2026, 3, 29, 3)),
    ],
)
def test_a_step_is_due_after_its_delay(moment, delay, at, expected):
    assert due_after(moment, delay, at, None, BERLIN) == expected


def test_a_time_shown_twice_means_the_first():
    assert moment_of(date(2026, 10, 25), time(2, 30), BERLIN) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (berlin(2026, 3, 6, 12), berlin(2026, 3, 6, 12)),  # Friday
        (berlin(2026, 3, 6, 17), berlin(2026, 3, 9, 9)),  # the end is exclusive
        (berlin(2026, 3, 7, 12), berlin(2026, 3, 9, 9)),
        (berlin(2026, 3, 9, 8, 59), berlin(2026, 3, 9, 9)),
        (berlin(2026, 3, 27, 18), berlin(2026, 3, 30, 9)),  # over the change to summer time
        (berlin(2026, 10, 23, 18), berlin(2026, 10, 26, 9)),
    ],
)
def test_a_mail_waits_for_office_hours(due, expected):
    office = Window(frozenset(range(5)), time(9), time(17))
    assert into_window(due, office, BERLIN) == expected


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (berlin(2026, 3, 6, 23), berlin(2026, 3, 6, 23)),
        (berlin(2026, 3, 7, 5, 59), berlin(2026, 3, 7, 5, 59)),  # still Friday's night
        (berlin(2026, 3, 7, 6), berlin(2026, 3, 13, 22)),
        (berlin(2026, 3, 6, 5), berlin(2026, 3, 6, 22)),  # Thursday's night is not allowed
    ],
)
def test_a_night_belongs_to_the_day_it_began(due, expected):
    nights = Window(frozenset({4}), time(22), time(6))
    assert into_window(due, nights, BERLIN) == expected


def test_a_window_without_days_is_refused():
    with pytest.raises(EmptyWindow):
        into_window(berlin(2026, 3, 6, 5), Window(frozenset(), time(9), time(17)), BERLIN)


@given(moments, delays, st.none() | times, windows, zones)
@settings(max_examples=500, deadline=None)
def test_a_step_is_never_early_and_always_inside_its_window(moment, delay, at, window, zone):
    due = due_after(moment, delay, at, window, zone)
    assert due >= moment
    assert window.allows(due.astimezone(zone))
    if delay.unit in ("minutes", "hours"):
        assert due >= moment + timedelta(**{delay.unit: delay.value})


@given(moments, windows, zones)
@settings(max_examples=300, deadline=None)
def test_a_mail_goes_at_the_first_minute_the_window_is_open(moment, window, zone):
    moment = moment.replace(second=0)
    found = into_window(moment, window, zone)
    minute = moment
    while minute < found:
        assert not window.allows(minute.astimezone(zone)), minute
        minute += timedelta(minutes=1)


@given(moments, st.integers(-2000, 2000), delays, windows, zones)
@settings(max_examples=200, deadline=None)
def test_who_starts_later_is_not_served_before(moment, minutes, delay, window, zone):
    early, late = sorted((moment, moment + timedelta(minutes=minutes)))
    if delay.unit in ("days", "weeks"):
        # The hour that is shown twice can swap two calendar days' times.
        late += timedelta(hours=2)
    assert due_after(early, delay, None, window, zone) <= due_after(late, delay, None, window, zone)


def test_after_a_downtime_mails_go_at_once_are_spread_or_left_out_as_agreed():
    due, now = berlin(2026, 3, 2, 10), berlin(2026, 3, 5, 10)
    assert catch_up(due, now, "send", 0.5, None, BERLIN) == now
    assert catch_up(due, now, "skip", 0.5, None, BERLIN) is None
    assert catch_up(due, now, "spread", 0.5, None, BERLIN) == now + SPREAD_OVER / 2
    # Minutes late is not a downtime.
    assert catch_up(now - timedelta(minutes=5), now, "skip", 0.5, None, BERLIN) == now


@given(moments, windows, zones)
@settings(max_examples=100, deadline=None)
def test_what_is_spread_stays_inside_the_window(moment, window, zone):
    found = [spread(moment, n / 20, window, zone) for n in range(20)]
    assert all(window.allows(f.astimezone(zone)) and f >= moment for f in found)


def test_what_is_spread_does_not_go_all_at_once():
    office = Window(EVERY_DAY, time(9), time(17))
    found = [spread(berlin(2026, 3, 2, 18), n / 100, office, BERLIN) for n in range(100)]
    assert max(found.count(f) for f in found) <= 3
