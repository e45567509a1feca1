"""What the views of this service have in common."""

from __future__ import annotations

from typing import cast

from flask import current_app

from services.followup.config import Settings
from shared.web import Blueprint


def blueprint(noun: str, description: str) -> Blueprint:
    return Blueprint(
        noun,
        f"{__name__}.{noun}",
        url_prefix=f"/api/v1/{noun}",
        read="followup:read",
        write="followup:write",
        description=description,
    )


def settings() -> Settings:
    """This app's settings."""
    return cast(Settings, current_app.extensions["settings"])
