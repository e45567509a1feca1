"""Two databases with the shared tables only: these tests are about the road, not about a service."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.db import Database
from tests.servers import Broker, ladder, rabbitmq_server
from tests.shared import probe, road


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


@pytest.fixture(scope="session")
def own_broker() -> Iterator[Broker]:
    with rabbitmq_server() as server:
        yield server


@pytest.fixture
def mortal(own_broker: Broker) -> Broker:
    """A broker with empty queues that may be killed, cut off and misconfigured."""
    own_broker.clear()
    probe.declare(own_broker.url)
    own_broker.write_down()
    return own_broker


@pytest.fixture
def plain_database(dialect: str, tmp_path: Path) -> Iterator[Database]:
    """An empty database without any tables."""
    if dialect == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'plain.sqlite3'}")
        yield database
        database.dispose()
        return
    server, name = ladder.shared_postgres(), f"plain_{uuid4().hex}"
    database = Database(server.create_database(name))
    yield database
    database.dispose()
    server.drop_database(name)
