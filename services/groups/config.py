"""What this service reads from its environment."""

from __future__ import annotations

from pydantic import Field

import shared.config


class Settings(shared.config.Settings):
    """The shared settings, and how web forms are guarded."""

    service = "groups"

    form_keep_days: int = Field(
        365, ge=1, le=3_650, description="days that what was sent by a web form is kept"
    )
    form_min_seconds: int = Field(
        2, ge=0, le=60, description="who fills in a form faster than this is a program"
    )
    form_max_per_hour: int = Field(
        3_000, ge=1, le=1_000_000, description="most submissions an hour, of all forms together"
    )
