"""Days in filters: relative to today, in the business's zone, and birthdays of those born on 29 February."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from services.groups.selection import days
from shared.values import ValueRefused

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("raw", "today", "found"),
    [
        ("today", date(2026, 11, 22), date(2026, 11, 22)),
        ("-30d", date(2026, 3, 1), date(2026, 1, 30)),
        ("+2w", date(2026, 12, 24), date(2027, 1, 7)),
        ("+1m", date(2026, 1, 31), date(2026, 2, 28)),
        ("-1m", date(2024, 3, 31), date(2024, 2, 29)),
        ("-1y", date(2024, 2, 29), date(2023, 2, 28)),
        ("24.12.2026", date(2026, 1, 1), date(2026, 12, 24)),
        (" 2026-12-24 ", date(2026, 1, 1), date(2026, 12, 24)),
    ],
)
def test_a_day_is_fixed_or_counted_from_today(raw, today, found):
    assert days.day(raw, today) == found


@pytest.mark.parametrize("raw", ["gestern", "1d", "+1h", "", 7, None, "31.02.2026"])
def test_what_is_no_day_is_refused(raw):
    with pytest.raises(ValueRefused):
        days.day(raw, date(2026, 11, 22))


@pytest.mark.parametrize("raw", ["31.12.9999", "9998-01-01", "+99999y", "-99999y", "+97000m"])
def test_a_day_from_which_no_year_can_be_counted_on_is_out_of_reach(raw):
    with pytest.raises(ValueRefused, match="between 0001-01-02 and 9997-12-31"):
        days.day(raw, date(2026, 11, 22))


def test_a_day_begins_and_ends_at_midnight_where_the_business_is():
    now = datetime(2026, 11, 22, 12, tzinfo=BERLIN)

    assert days.begin(date(2026, 7, 1), now) == datetime(2026, 6, 30, 22, tzinfo=UTC)
    # The day on which clocks are set back has 25 hours.
    assert days.begin(date(2026, 10, 25), now) == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert days.end(date(2026, 10, 25), now) == datetime(2026, 10, 25, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "within", "celebrating"),
    [
        (date(2025, 2, 28), 0, False),
        (date(2025, 3, 1), 0, True),
        (date(2024, 2, 29), 0, True),
        (date(2024, 3, 1), 0, False),
        (date(2025, 2, 20), 9, True),
        (date(2025, 12, 31), 59, False),
        (date(2025, 12, 31), 60, True),
        (date(2025, 3, 2), 364, True),
        (date(2026, 11, 22), 366, True),
    ],
)
def test_who_was_born_on_29_february_has_a_birthday_every_year(first, within, celebrating):
    begins, ends = days.anniversaries(first, within)

    inside = begins <= "02-29" <= ends if begins <= ends else begins <= "02-29" or ends >= "02-29"
    assert inside is celebrating
