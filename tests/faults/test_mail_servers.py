"""Whatever a mail server does, from the customer file to the mailbox: each person's mail goes once, or its
fate is known. In the end the server behaves, and half an hour has passed."""

from datetime import timedelta

import pytest

from shared.db import utcnow
from tests.faults.journey import Journey
from tests.smtp_sink import MODES

ROWS = 6
MAY_BE_UNCERTAIN = {"drop_after_dot", "reset"}
GIVEN_UP = {"550", "550_bare", "554_body"}
SHORT = {"ok", "drop_after_dot", "greylist", "535", "554_body"}


@pytest.fixture
def journey(system, smtp_sink, tmp_path):
    return Journey(system.http, smtp_sink, tmp_path)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)],
)
def dialect(request):
    return request.param


@pytest.mark.parametrize(
    "mode", [pytest.param(m, marks=[] if m in SHORT else pytest.mark.long) for m in MODES]
)
def test_each_mail_goes_once_or_its_fate_is_known(system, journey, ledger, mode):
    ledger.fault = f"mail server: {mode}"
    system.smtp.state.mode, system.smtp.state.delay_s = mode, 0.1
    address, people = journey.upload(ROWS)
    journey.start(address)
    system.settle()
    met = system.smtp.state.connections
    assert met, "the server was never asked"
    ledger.kills += met if mode != "ok" else 0

    system.smtp.state.mode = "ok"
    for minutes in (10, 40):
        system.now = utcnow() + timedelta(minutes=minutes)
        system.settle()

    journey.count(people, ledger)
    assert (ledger.lost, ledger.double) == (0, 0)
    assert ledger.uncertain == (ROWS if mode in MAY_BE_UNCERTAIN else 0)
    assert ledger.given_up == (ROWS if mode in GIVEN_UP else 0)
    assert not system.http.get("/api/v1/mails", params={"state": "due"}).json()["items"]
