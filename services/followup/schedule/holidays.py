"""Public holidays of German-speaking countries, by calendar: `DE`, `DE-BY`, `AT`, `CH-ZH`.

A country alone means the days that are holidays everywhere in it. Some days are holidays only in communities
of one confession, or in one city: those have calendars of their own (`DE-BY-catholic`, `DE-BY-Augsburg`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

_GERMANY = "BB BE BW BY HB HE HH MV NI NW RP SH SL SN ST TH"
_SWITZERLAND = "AG AI AR BE BL BS FR GE GL GR JU LU NE NW OW SG SH SO SZ TG TI UR VD VS ZG ZH"
# Mariä Himmelfahrt in Bavaria, Fronleichnam in Saxony and Thuringia.
_BY_CONFESSION = "BY SN TH"
_CATHOLIC = "-catholic"

_Source = tuple[str, str | None]
CALENDARS: Mapping[str, _Source] = MappingProxyType(
    {
        "DE": ("DE", None),
        **{f"DE-{land}": ("DE", land) for land in _GERMANY.split()},
        **{f"DE-{land}{_CATHOLIC}": ("DE", land) for land in _BY_CONFESSION.split()},
        "DE-BY-Augsburg": ("DE", "Augsburg"),
        "AT": ("AT", None),
        "CH": ("CH", None),
        **{f"CH-{canton}": ("CH", canton) for canton in _SWITZERLAND.split()},
        "LI": ("LI", None),
        "LU": ("LU", None),
    }
)
"""Country and part of it, by the calendar's name."""


def is_holiday(calendar: str, day: date) -> bool:
    """Whether nobody works on that day, by one of CALENDARS."""
    return day in _year(calendar, day.year)


@lru_cache(maxsize=1_000)
def _year(calendar: str, year: int) -> frozenset[date]:
    # Half a second and 45 MB, for those alone whose windows name a calendar.
    from holidays import country_holidays

    country, part = CALENDARS[calendar]
    categories = ("public", "catholic") if calendar.endswith(_CATHOLIC) else ("public",)
    return frozenset(country_holidays(country, subdiv=part, years=year, categories=categories))
