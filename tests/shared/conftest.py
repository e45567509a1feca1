"""Two databases with the shared tables only: these tests are about the road, not about a service."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.db import Database
from tests.servers import ladder
from tests.shared import road


@pytest.fixture
def new_database(dialect: str, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    databases: list[tuple[Database, str]] = []
    server = ladder.shared_postgres() if dialect == "postgresql" else None

    def new_database() -> Database:
        name = f"road_{uuid4().hex}"
        url = server.create_database(name) if server else f"sqlite:///{tmp_path / name}.sqlite3"
        databases.append((road.set_up(Database(url)), name))
        return databases[-1][0]

    yield new_database
    for database, name in databases:
        database.dispose()
        if server:
            server.drop_database(name)


@pytest.fixture
def followup(new_database: Callable[[], Database]) -> Database:
    """Whose events are told."""
    return new_database()


@pytest.fixture
def customers(new_database: Callable[[], Database]) -> Database:
    """Who takes notes of them."""
    return new_database()
