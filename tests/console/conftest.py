"""What the console's tests stand on: the console alone, with an owner."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from services.console import actions
from services.console.models import Role
from shared.db import Database
from tests.console.browsing import PASSWORD, Person


@pytest.fixture
def console(app_of: Callable[..., Flask], database_for: Callable[[str], Database]) -> Flask:
    """The console with one owner, anna."""
    app = app_of("console")
    with database_for("console").transaction() as session:
        actions.create_user(session, login="anna", name="Anna", role=Role.owner, password=PASSWORD)
    return app


@pytest.fixture
def anna(console: Flask) -> Person:
    """The owner, signed in."""
    person = Person(console)
    assert person.sign_in("anna").status_code == 302
    return person
