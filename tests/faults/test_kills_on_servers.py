"""kill -9 of each role at each named point while a file is imported: nothing lost, nothing twice.

One system of real processes on PostgreSQL and RabbitMQ; only the role that dies is started anew.
"""

import pytest

from tests.faults.journey import Journey, Ledger
from tests.servers import postgres_server, rabbitmq_server
from tests.servers.stammkunde import ROLES, running_system
from tests.smtp_sink import Sink

pytestmark = [pytest.mark.servers, pytest.mark.long, pytest.mark.timeout(400)]

SMALL_STEPS = {"IMPORT_CHUNK_ROWS": "10"}
RELAY = ("before_publish", "after_publish", "after_confirm", "after_delete")
CONSUMER = ("before_commit", "after_commit", "after_ack")
IMPORTER = (
    "after_customers", "after_values", "after_memberships", "before_progress", "after_progress",
)  # fmt: skip
MAILER = ("after_claim", "after_begin", "after_handover", "after_result")
POINTS = [
    *((role, f"relay.{p}") for role in ("customers-worker", "groups-worker") for p in RELAY),
    *(
        (role, f"consumer.{p}")
        for role in ("customers-worker", "groups-worker", "followup-worker")
        for p in CONSUMER
    ),
    *(("importer-worker", f"importer.{p}") for p in IMPORTER),
    *(("followup-mailer", f"mailer.{p}") for p in MAILER),
]


@pytest.fixture(scope="module")
def sink():
    with Sink() as sink:
        yield sink


@pytest.fixture(scope="module")
def servers():
    with postgres_server() as postgres, rabbitmq_server() as broker:
        yield postgres, broker


@pytest.fixture(scope="module")
def system(servers, sink):
    with running_system(*servers, smtp_url=sink.url) as system:
        system.environment |= SMALL_STEPS
        system.start(*(role for role in ROLES if role != "console-api"))
        yield system


@pytest.fixture(scope="module")
def journey(system, sink, tmp_path_factory):
    return Journey(system.client("admin"), sink, tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def ledgers():
    found: dict[str, Ledger] = {}
    yield found
    for name, ledger in found.items():
        print(f"\n{name}: {ledger}", end="")


@pytest.mark.parametrize(("role", "point"), POINTS)
def test_a_killed_role_loses_and_doubles_nothing(system, journey, ledgers, role, point):
    ledger = ledgers.setdefault(role, Ledger())
    system.stop(role)
    system.start(role, CRASH_AT=f"{point}:2")

    address, people = journey.begin()
    system.wait_for_end(role, within=120)
    ledger.kills += 1
    system.start(role)

    journey.settle(address, people, ledger)
    assert (ledger.lost, ledger.double) == (0, 0)
    assert ledger.uncertain == 0 or role == "followup-mailer"


@pytest.mark.parametrize("point", ["api.before_commit", "api.after_commit"])
@pytest.mark.parametrize("role", ["customers-api", "groups-api"])
def test_a_killed_api_process_is_replaced_and_the_import_goes_on(
    system, journey, ledgers, role, point
):
    ledger = ledgers.setdefault(role, Ledger())
    address, people = journey.upload()
    system.stop(role)
    system.start(role, CRASH_AT=f"{point}:3")

    journey.start(address)
    journey.settle(address, people, ledger)
    kills = system.log(role).count("SIGKILL")
    assert kills
    ledger.kills += kills
    system.stop(role)
    system.start(role)

    assert (ledger.lost, ledger.double) == (0, 0)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_broker_that_goes_away_during_an_import_delays_and_loses_nothing(
    system, servers, journey, ledgers, how
):
    ledger = ledgers.setdefault(f"broker {how}", Ledger())
    _, broker = servers
    address, people = journey.begin(rows=300)
    getattr(broker, how)()
    ledger.kills += 1
    with system.client("admin") as api:
        assert api.post("/api/v1/customers", json={"last_name": "Trotzdem"}).status_code == 201
    broker.start()

    journey.settle(address, people, ledger)
    assert (ledger.lost, ledger.double) == (0, 0)
