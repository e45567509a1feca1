"""kill -9 of the embedded system at each named point of an import: nothing lost, nothing twice."""

import pytest

from bench.embedded import EmbeddedProcess
from services.followup.config import Settings
from shared.db import Database
from tests.faults.journey import HELD, Journey, let_leases_run_out
from tests.servers.processes import own_directory, wait_until

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
]

SMALL_STEPS = {"IMPORT_CHUNK_ROWS": "10"}
SHORT = {"handover.after_process:2", "importer.after_memberships:2", "mailer.after_handover:2"}
POINTS = [
    "api.before_commit:1",  # the order to start the import
    "api.after_commit:1",
    "api.before_commit:2",
    "api.after_commit:2",
    "handover.before_process:2",
    "handover.after_process:2",
    "handover.after_delete:2",
    "consumer.before_commit:2",
    "consumer.after_commit:2",
    "importer.after_customers:2",
    "importer.after_memberships:2",
    "importer.before_progress:2",
    "importer.after_progress:2",
    "mailer.before_commit:2",
    "mailer.after_claim:2",
    "mailer.after_begin:2",
    "mailer.after_handover:2",
    "mailer.after_result:2",
]


@pytest.fixture(scope="module")
def embedded(sink):
    with own_directory("embedded") as directory:
        embedded = EmbeddedProcess(directory, sink.url, **SMALL_STEPS)
        yield embedded
        embedded.process.kill()


CONNECTIONS = Settings.model_fields["mail_connections"].default


@pytest.fixture(scope="module")
def database(embedded):
    def database(service: str) -> Database:
        return Database(f"sqlite:///{embedded.directory / 'data' / service}.sqlite3")

    return database


@pytest.fixture(scope="module")
def journey(embedded, sink, tmp_path_factory):
    return Journey(embedded.client(), sink, tmp_path_factory.mktemp("files"))


@pytest.mark.parametrize(
    "point",
    [pytest.param(p, marks=[] if p in SHORT else pytest.mark.long) for p in POINTS],
)
def test_a_killed_system_goes_on_where_it_was(embedded, database, journey, ledger, point):
    ledger.fault = "kill -9, embedded"
    address, people = journey.upload()
    embedded.restart(CRASH_AT=point, **SMALL_STEPS)

    journey.start(address)
    wait_until(lambda: not embedded.process.running(), "the crash", within=120)
    ledger.kills += 1
    let_leases_run_out(database, *HELD)
    embedded.start(**SMALL_STEPS)

    journey.settle(address, people, ledger)
    assert (ledger.lost, ledger.double) == (0, 0)
    # The mailer dies with the rest, wherever that is: each of its connections may have a mail in doubt.
    assert ledger.uncertain <= CONNECTIONS
