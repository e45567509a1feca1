"""kill -9 of the embedded system at each named point of an import: nothing lost, nothing twice."""

import pytest

from bench.embedded import EmbeddedProcess
from tests.faults.journey import Journey, Ledger
from tests.servers.processes import own_directory, wait_until
from tests.smtp_sink import Sink

pytestmark = [pytest.mark.servers, pytest.mark.long, pytest.mark.timeout(400)]

SMALL_STEPS = {"IMPORT_CHUNK_ROWS": "10"}
POINTS = [
    "api.before_commit",
    "api.after_commit",
    "handover.before_process",
    "handover.after_process",
    "handover.after_delete",
    "consumer.before_commit",
    "consumer.after_commit",
    "importer.after_customers",
    "importer.after_values",
    "importer.after_memberships",
    "importer.before_progress",
    "importer.after_progress",
    "mailer.after_claim",
    "mailer.after_begin",
    "mailer.after_handover",
    "mailer.after_result",
]


@pytest.fixture(scope="module")
def sink():
    with Sink() as sink:
        yield sink


@pytest.fixture(scope="module")
def embedded(sink):
    with own_directory("embedded") as directory:
        embedded = EmbeddedProcess(directory, sink.url, **SMALL_STEPS)
        yield embedded
        embedded.process.kill()


@pytest.fixture(scope="module")
def journey(embedded, sink, tmp_path_factory):
    return Journey(embedded.client(), sink, tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def ledger():
    ledger = Ledger()
    yield ledger
    print(f"\nembedded: {ledger}", end="")


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_system_goes_on_where_it_was(embedded, journey, ledger, point):
    address, people = journey.upload()
    embedded.restart(CRASH_AT=f"{point}:2", **SMALL_STEPS)

    journey.start(address)
    wait_until(lambda: not embedded.process.running(), "the crash", within=120)
    ledger.kills += 1
    embedded.start(**SMALL_STEPS)

    journey.settle(address, people, ledger)
    assert (ledger.lost, ledger.double) == (0, 0)
