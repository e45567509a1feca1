"""An operator looks at events that could not be handled, tries them again, and drops what is beyond help."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner

from deploy.commands import app
from services.customers.config import Settings
from services.customers.handlers import HANDLERS
from shared.consumer import Subscriber
from shared.events.groups import GroupChanged
from shared.outbox import Message


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SERVICE", raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["dead-letters", *arguments])
        return done.exit_code, done.output

    return run


@pytest.fixture
def buried(tmp_path: Path) -> UUID:
    """An event that customers cannot read."""
    database = Settings(data_dir=tmp_path).database()
    database.migrate("customers")
    event = uuid4()
    body = f'{{"specversion": "1.0", "id": "{event}", "type": "{GroupChanged.name}", "data": 7}}'
    Subscriber("customers", database, HANDLERS).process(
        [Message(0, event, GroupChanged.name, body.encode())]
    )
    database.dispose()
    return event


def test_without_any_it_says_so(run):
    assert run("list") == (0, "No dead letters.\n")


def test_a_dead_letter_is_listed_with_its_service_and_reason(run, buried):
    code, said = run("list")

    assert code == 0
    for word in ("customers", str(buried), GroupChanged.name):
        assert word in said


def test_it_is_shown_in_full(run, buried):
    assert '"data": 7' in run("show", str(buried))[1]
    assert run("show", str(uuid4()))[0] == 1


def test_what_fails_again_goes_on_waiting_until_it_is_dropped(run, buried):
    code, said = run("retry", str(buried))
    assert (code, said.splitlines()[-1]) == (0, "1 tried again")
    assert str(buried) in run("list")[1]

    assert run("drop", "--all") == (0, "1 dropped\n")
    assert run("list") == (0, "No dead letters.\n")


def test_a_container_looks_at_its_own_service_alone(run, buried, monkeypatch):
    monkeypatch.setenv("SERVICE", "groups")
    assert run("list") == (0, "No dead letters.\n")


@pytest.mark.parametrize(
    "arguments", [("drop",), ("drop", "--all", str(uuid4())), ("list", "--service", "console")]
)
def test_what_is_meant_must_be_said(run, arguments):
    assert run(*arguments)[0] == 2
