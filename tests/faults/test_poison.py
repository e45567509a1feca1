"""Messages that cannot be handled wait as dead letters while all others are served, and can be replayed."""

import os
import subprocess
import sys

import pytest
from sqlalchemy import text

from tests.servers.processes import wait_until
from tests.servers.stammkunde import ROOT
from tests.shared import probe

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
]

KEY = "groups.customer_added_to_group"
READERS = ("customers", "followup")
ROWS = 40


def run_sql(installation, statement: str) -> None:
    with installation.database("followup").transaction() as session:
        session.execute(text(statement))


def dead_letters(installation, *arguments: str) -> str:
    """What an operator types, in the place of the followup service."""
    url = installation.database("followup").engine.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-m", "deploy", "dead-letters", *arguments, "--service", "followup"],
        cwd=ROOT, env={**os.environ, **installation.environment, "DATABASE_URL": url},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
def test_poison_waits_with_its_reason_while_the_rest_flows_and_replay_mails_nobody_twice(
    everywhere, servers, journey, sink, ledger
):
    ledger.fault = "poison among messages, then replayed"
    _, broker = servers
    address, people = journey.upload(ROWS)
    unlucky = max(people)
    run_sql(
        everywhere, f"ALTER TABLE recipients ADD CONSTRAINT planted CHECK (email <> '{unlucky}')"
    )

    journey.start(address)
    probe.publish(broker.url, b"{no event", key=KEY)
    ledger.kills += 2

    rest = people - {unlucky}
    journey.settle(address, rest, ledger)
    # Once among those who hear of new customers, and once for each who hears of memberships.
    for reader in READERS:
        wait_until(lambda reader=reader: probe.depth(broker.url, f"{reader}.dead") > 0, reader)
    listed = dead_letters(everywhere, "list")
    assert "handler failed" in listed
    assert "planted" in listed
    assert "unreadable" in listed
    assert unlucky not in {mail.to for mail in sink.mails}

    run_sql(everywhere, "ALTER TABLE recipients DROP CONSTRAINT planted")
    dead_letters(everywhere, "retry", "--all")
    journey.settle(address, {unlucky}, ledger)
    wait_until(lambda: probe.depth(broker.url, "followup.dead") > 0, "the unreadable one")
    assert "planted" not in dead_letters(everywhere, "list")

    again = type(ledger)()
    journey.count(people, again)
    assert (again.effects, again.lost, again.double) == (ROWS, 0, 0)
