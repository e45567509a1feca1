"""The system as an installation runs it: real processes on a PostgreSQL and a broker that may be killed."""

import pytest

from tests.faults.journey import ON_THE_WAY, Journey
from tests.servers import postgres_server, rabbitmq_server
from tests.servers.stammkunde import running_system
from tests.smtp_sink import Sink


def as_long_as_used(fixture_name, config):
    """One installation for all of `make faults`; in a run of every test it ends with its module."""
    return "session" if config.getoption("--faults") else "module"


@pytest.fixture(scope=as_long_as_used)
def sink():
    with Sink() as sink:
        yield sink


@pytest.fixture(scope=as_long_as_used)
def servers():
    # What PostgreSQL has answered must outlive its kill -9, as in production.
    with postgres_server(durable=True) as postgres, rabbitmq_server() as broker:
        yield postgres, broker


@pytest.fixture(scope=as_long_as_used)
def installation(servers, sink):
    with running_system(*servers, smtp_url=sink.url) as system:
        # Small steps: a file of some rows passes each point several times.
        system.environment |= {"IMPORT_CHUNK_ROWS": "10"}
        system.start(*ON_THE_WAY)
        yield system


@pytest.fixture
def everywhere(installation):
    """The installation with every role running, whatever the test before has left behind."""
    installation.start(*(role for role in ON_THE_WAY if not installation.running(role)))
    return installation


@pytest.fixture(scope=as_long_as_used)
def journey(installation, sink, tmp_path_factory):
    return Journey(installation.client("admin"), sink, tmp_path_factory.mktemp("files"))
