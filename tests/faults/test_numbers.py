"""Customer numbers while two processes write, roll back, merge and erase, and one of them is killed."""

import os
import subprocess
import sys

import pytest
from sqlalchemy import text

from tests.servers.processes import wait_until
from tests.servers.stammkunde import ROOT

pytestmark = [pytest.mark.servers, pytest.mark.long, pytest.mark.timeout(600)]

TIMES = 500
ROWS = 50_000


@pytest.fixture
def dialect() -> str:
    return "postgresql"


def started(url: str, first: int, out) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.number_writer", url, str(first), str(TIMES), str(ROWS)],
        cwd=ROOT, env=os.environ, stdout=out,
    )  # fmt: skip


def test_no_number_is_given_twice_whoever_writes_and_dies(database_for, tmp_path, ledger) -> None:
    ledger.fault = "sixteen writers in two processes, one killed"
    database = database_for("customers")
    url = database.engine.url.render_as_string(hide_password=False)
    files = [tmp_path / name for name in ("one", "killed", "again")]
    with files[0].open("wb") as one, files[1].open("wb") as killed, files[2].open("wb") as again:
        replicas = [started(url, 0, one), started(url, 100, killed)]
        # In the middle of its work: it has told a thousand numbers or more, and is far from its end.
        wait_until(lambda: files[1].stat().st_size > 5_000, "the replica giving numbers")
        replicas[1].kill()
        assert replicas[1].wait() == -9
        ledger.kills = 1
        replicas[1] = started(url, 200, again)
        assert [replica.wait() for replica in replicas] == [0, 0]

    told = [int(line) for file in files for line in file.read_text().split("\n")[:-1]]
    with database.reading() as session:
        count, first, last = session.execute(
            text("SELECT count(*), min(number), max(number) FROM customers")
        ).one()
        register = session.execute(text("SELECT * FROM register")).one()
        living = session.execute(
            text("SELECT count(*) FROM customers WHERE erased_at IS NULL AND merged_into IS NULL")
        ).scalar()
        stored = set(session.scalars(text("SELECT number FROM customers")))
    ledger.attempted, ledger.effects = len(told), count
    ledger.lost = len(set(told) - stored)
    ledger.double = len(told) - len(set(told))
    assert (ledger.lost, ledger.double) == (0, 0)
    assert (first, last) == (1, count), "numbers without gaps, each once"
    assert register.last_number == count
    assert register.active + register.inactive == living
