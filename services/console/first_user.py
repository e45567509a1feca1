"""The first owner of a new installation."""

from __future__ import annotations

from services.console import actions
from services.console.actions import Credentials
from services.console.errors import LoginTaken
from shared.db import Database


def ensure_first_user(database: Database, login: str = "admin") -> Credentials | None:
    """Make the first owner with a random password, to be shown once. None where somebody can sign in."""
    try:
        with database.transaction() as session:
            return actions.create_first_user(session, login)
    except LoginTaken:  # another process was quicker, and shows the password
        return None
