"""Callers of the groups service, on both databases."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from shared.db import Database, new_id
from tests.groups.caller import Groups


@pytest.fixture
def groups(
    client_for: Callable[..., FlaskClient], database_for: Callable[[str], Database]
) -> Groups:
    return Groups(client_for("groups", ("admin", "head_office")), database_for("groups"))


@pytest.fixture
def staff(
    client_for: Callable[..., FlaskClient], database_for: Callable[[str], Database]
) -> Groups:
    """Somebody of a branch, who is not of the head office."""
    return Groups(client_for("groups", ("groups:read", "groups:write")), database_for("groups"))


@pytest.fixture
def customer_id() -> UUID:
    return new_id()
