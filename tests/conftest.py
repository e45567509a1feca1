"""What tests stand on: real servers, a service's database in both dialects, clients with a token."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared.db import Database
from shared.testing import Databases, app_for, client_of
from tests import ledger as ledgers
from tests.servers import ladder
from tests.servers.chromium import chromium
from tests.servers.postgres import Postgres
from tests.servers.rabbitmq import Broker
from tests.smtp_sink import Sink

if TYPE_CHECKING:
    from tests.whole import System

NEED_SERVERS = {"postgres", "postgres_url", "broker", "broker_url", "chromium_path", "own_broker"}

ON_REQUEST = {
    "long": ("--faults", "the long fault tests: make faults"),
    "containers": ("--containers", "the containers for real: make test-containers"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", action="store_true", help="run the long fault tests as well")
    parser.addoption("--containers", action="store_true", help="run the containers for real")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        ladder.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        ladder.end_run()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for some in terminalreporter.stats.values() for report in some]
    lines = ledgers.lines(reports)
    if lines:
        terminalreporter.section("faults")
    for line in lines:
        terminalreporter.write_line(line)
    if "tests" not in terminalreporter.config.args:
        return
    for option, what in ON_REQUEST.values():
        if not terminalreporter.config.getoption(option):
            terminalreporter.write_line(f"Not run: {what}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for marker, (option, _) in ON_REQUEST.items():
        marked = [item for item in items if item.get_closest_marker(marker)]
        if marked and not config.getoption(option):
            items[:] = [item for item in items if item not in marked]
            config.hook.pytest_deselected(items=marked)
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if fixtures & NEED_SERVERS or parameters.get("dialect") == "postgresql":
            item.add_marker("servers")
        if fixtures & {"databases", "dialect"}:
            item.add_marker("database")


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """A server in which databases may be created; `postgres_server()` gives one that may be killed."""
    return ladder.shared_postgres()


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """The maintenance database of `postgres`."""
    return postgres.url


@pytest.fixture(scope="session")
def broker() -> Broker:
    """The broker of this test process; `rabbitmq_server()` gives one that may be killed."""
    return ladder.shared_broker()


@pytest.fixture
def broker_url(broker: Broker) -> str:
    """A broker without any queue of the services."""
    broker.clear()
    return broker.url


@pytest.fixture(scope="session")
def chromium_path() -> str:
    return chromium()


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Both databases. A test module that needs only one overrides this fixture."""
    return str(request.param)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    server: list[Postgres] = []
    created: list[str] = []
    run = f"test_{os.getpid()}_{uuid.uuid4().hex[:6]}"

    def create(service: str) -> str:
        if not server:
            server.append(ladder.shared_postgres())
        created.append(f"{run}_{service}")
        return server[0].create_database(created[-1])

    lent = Databases(tmp_path_factory.mktemp("templates"), create)
    yield lent
    lent.dispose()
    for name in created:
        server[0].drop_database(name)


@pytest.fixture
def database_for(
    databases: Databases, dialect: str, tmp_path: Path
) -> Iterator[Callable[[str], Database]]:
    """`database_for("groups")`: that service's database in this dialect, migrated and empty.

    Within one test the same service has the same database.
    """
    lent: dict[str, Database] = {}

    def database_for(service: str) -> Database:
        if service not in lent:
            lent[service] = databases.lend(service, dialect, tmp_path)
        return lent[service]

    yield database_for
    for database in lent.values():
        database.dispose()


@pytest.fixture
def app_of(database_for: Callable[[str], Database], tmp_path: Path) -> Callable[..., Flask]:
    """`app_of("groups")`: the service's app on its test database; the same one within one test.

    `transport=...` goes to `create_app`; other names are settings (`app_of("groups", public_url=...)`).
    """
    apps: dict[str, Flask] = {}

    def app_of(service: str, **options: Any) -> Flask:
        if service not in apps:
            apps[service] = app_for(service, database_for(service), tmp_path, **options)
        return apps[service]

    return app_of


@pytest.fixture
def client_for(app_of: Callable[..., Flask]) -> Callable[..., FlaskClient]:
    """`client_for("groups")`: speaks to that service with a token; `scopes=None` speaks without one."""

    def client_for(
        service: str, scopes: tuple[str, ...] | None = ("admin",), **options: Any
    ) -> FlaskClient:
        return client_of(app_of(service, **options), scopes)

    return client_for


@pytest.fixture
def smtp_sink() -> Iterator[Sink]:
    """A mail server that keeps what it gets; `smtp_sink.state.mode` makes it misbehave."""
    with Sink() as sink:
        yield sink


@pytest.fixture
def ledger(record_property: Callable[[str, object], None]) -> Iterator[ledgers.Ledger]:
    """What a fault test asked for and what came of it; printed at the end of the run."""
    ledger = ledgers.Ledger()
    yield ledger
    record_property(ledgers.PROPERTY, ledger.entry())


@pytest.fixture
def system(
    app_of: Callable[..., Flask], database_for: Callable[[str], Database], smtp_sink: Sink
) -> "Iterator[System]":
    """All services, in both dialects; `system.settle()` delivers events and sends due mails."""
    from tests.whole import System

    whole = System(app_of, database_for, smtp_sink)
    yield whole
    whole.close()
