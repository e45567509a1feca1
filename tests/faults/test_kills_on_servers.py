"""kill -9 of each role at each named point while a file is imported: nothing lost, nothing twice.

One system of real processes on PostgreSQL and RabbitMQ; only the role that dies is started anew.
"""

import pytest

from tests.faults.journey import let_leases_run_out

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
]

RELAY = ("before_publish", "after_publish", "after_confirm", "after_delete")
CONSUMER = ("before_commit", "after_commit", "after_ack")
IMPORTER = (
    "after_customers", "after_memberships", "before_progress", "after_progress",
)  # fmt: skip
MAILER = ("before_commit", "after_claim", "after_begin", "after_handover", "after_result")
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
SHORT = {
    ("groups-worker", "relay.after_publish"),
    ("followup-worker", "consumer.after_commit"),
    ("importer-worker", "importer.before_progress"),
    ("followup-mailer", "mailer.after_handover"),
}
# One batch may hold all that came while the role started; steps and portions have a fixed size.
PASS = {"relay": 1, "consumer": 1, "importer": 2, "mailer": 2}
IN_HAND = {"importer-worker": ["imports"], "followup-mailer": ["mails"]}


def crash_at(point: str) -> str:
    return f"{point}:{PASS[point.partition('.')[0]]}"


@pytest.mark.parametrize(
    ("role", "point"),
    [pytest.param(*p, marks=[] if p in SHORT else pytest.mark.long) for p in POINTS],
)
def test_a_killed_role_loses_and_doubles_nothing(everywhere, journey, ledger, role, point):
    ledger.fault = f"kill -9, {role}"
    everywhere.stop(role)
    everywhere.start(role, CRASH_AT=crash_at(point))

    address, people = journey.begin()
    everywhere.wait_for_end(role, within=120)
    ledger.kills += 1
    let_leases_run_out(everywhere.database, *IN_HAND.get(role, []))
    everywhere.start(role)

    journey.settle(address, people, ledger)
    assert (ledger.lost, ledger.double) == (0, 0)
    assert ledger.uncertain == 0 or role == "followup-mailer"


@pytest.mark.long
@pytest.mark.parametrize(
    ("role", "point"),
    [("importer-worker", "importer.before_progress"), ("followup-mailer", "mailer.after_handover")],
)
def test_what_a_dead_process_had_in_hand_is_taken_up_after_a_while(
    everywhere, journey, ledger, role, point
):
    ledger.fault = f"kill -9, {role}, its lease running out by itself"
    everywhere.stop(role)
    everywhere.start(role, CRASH_AT=crash_at(point))

    address, people = journey.begin()
    everywhere.wait_for_end(role, within=120)
    ledger.kills += 1
    everywhere.start(role)

    journey.settle(address, people, ledger)
    assert (ledger.lost, ledger.double) == (0, 0)


@pytest.mark.long
@pytest.mark.parametrize("point", ["api.before_commit", "api.after_commit"])
@pytest.mark.parametrize("role", ["customers-api", "groups-api"])
def test_a_killed_api_process_is_replaced_and_the_import_goes_on(
    everywhere, journey, ledger, role, point
):
    ledger.fault = f"kill -9, {role}"
    address, people = journey.upload()
    everywhere.stop(role)
    before = everywhere.log(role).count("SIGKILL")
    everywhere.start(role, CRASH_AT=f"{point}:3")

    journey.start(address)
    journey.settle(address, people, ledger)
    ledger.kills += everywhere.log(role).count("SIGKILL") - before
    everywhere.stop(role)

    assert ledger.kills
    assert (ledger.lost, ledger.double) == (0, 0)
