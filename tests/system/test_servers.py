"""The servers that tests stand on are real, come back on their data, and never outlive the run."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import amqp
import psycopg
import pytest
from sqlalchemy import text

from tests.servers import postgres_server, rabbitmq_server
from tests.servers.processes import answers, wait_until
from tests.servers.rabbitmq import connected

ROOT = Path(__file__).resolve().parents[2]


def test_a_database_is_empty_each_time_it_is_lent(database_for, databases, dialect, tmp_path):
    database = database_for("console")
    with database.transaction() as session:
        session.execute(text("INSERT INTO inbox VALUES (:id, :at)"),
                        {"id": "0" * 32, "at": "2026-11-22 09:34:00Z"})  # fmt: skip

    (tmp_path / "again").mkdir()
    again = databases.lend("console", dialect, tmp_path / "again")
    with again.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM inbox")) == 0
    again.dispose()


def test_what_was_committed_survives_a_killed_postgresql(postgres):
    with postgres_server(durable=True) as own:
        with psycopg.connect(own.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS a")
        own.kill()
        assert not own.answers()
        own.start()
        with psycopg.connect(own.url) as connection:
            assert connection.execute("SELECT a FROM kept").fetchone() == (1,)


def test_what_was_confirmed_survives_a_killed_broker(broker):
    with rabbitmq_server() as own:
        own.set_policies()
        own.write_down()
        with connected(own.url) as connection:
            channel = connection.channel()
            channel.confirm_select()
            message = amqp.Message("kept", delivery_mode=2)
            channel.basic_publish_confirm(message, "", "followup", mandatory=True)
        own.kill()
        assert not own.answers()
        own.start()
        with connected(own.url) as connection:

            def arrived() -> bool:
                got = connection.channel().basic_get("followup", no_ack=True)
                return got is not None and got.body == "kept"

            wait_until(arrived, "the message", within=30)


@pytest.mark.parametrize("name", ["postgres", "rabbitmq"])
def test_a_server_ends_with_its_owner_even_if_that_one_is_killed(name, postgres, broker):
    owner = subprocess.Popen(
        [sys.executable, "-c", f"""
from tests.servers import {name}_server
import time
with {name}_server() as server:
    print(server._server.port, flush=True)
    time.sleep(600)
"""],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    port = int(owner.stdout.readline())
    assert answers(port)

    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()

    wait_until(lambda: not answers(port), f"the end of {name}", within=10)
