"""Taking an import back costs nothing but time, whatever happens to its worker."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest
from sqlalchemy import update

from services.importer.models import Import
from shared import outbox
from shared.db import utcnow
from tests.importer.test_running import (  # noqa: F401
    let_the_lease_run_out,
    nameless_list,
    worker_process,
)


def names_told(importer) -> list[str]:
    with importer.database.reading() as session:
        return [message.name.partition(".")[2] for message in outbox.waiting(session)]


def test_an_import_is_undone_and_told(importer):
    found = importer.imported(nameless_list())
    assert len(importer.services.customers) == 94

    asked = importer.post(found, "undo", 202)
    assert (asked["state"], asked["undo"]["removed"]) == ("undoing", 0)
    importer.run()

    ended = importer.get(found["id"])
    assert (ended["state"], ended["undo"]["removed"], ended["undo"]["kept"]) == ("undone", 94, 0)
    assert ended["undo"]["finished_at"] is not None
    assert importer.services.customers == importer.services.members == {}
    assert names_told(importer) == ["import_finished", "import_undone"]


@pytest.mark.parametrize(
    "point",
    ["importer.undone_groups:3", "importer.undone_customers:2", "importer.undone_customers:9"],
)
def test_a_killed_worker_does_not_stop_it(importer, worker_process, point):  # noqa: F811
    importer.imported("E-Mail;Gruppen\r\n" + "".join(f"k{n}@example.de;A\r\n" for n in range(95)))
    again = importer.imported(
        "E-Mail;Gruppen\r\n" + "".join(f"k{n}@example.de;B\r\n" for n in range(95))
    )
    assert again["progress"]["unchanged"] == 95
    importer.post(again, "undo", 202)

    assert worker_process(point).wait(120) == -signal.SIGKILL
    assert importer.get(again["id"])["state"] == "undoing"
    let_the_lease_run_out(importer)
    importer.run()

    ended = importer.get(again["id"])
    assert (ended["state"], ended["undo"]["removed"]) == ("undone", 0)
    assert len(importer.services.customers) == 95
    assert importer.services.members == {}


@pytest.mark.parametrize("point", ["importer.after_customers:3", "importer.after_memberships:2"])
def test_what_was_under_way_when_the_import_died_goes_too(importer, worker_process, point):  # noqa: F811
    """More is written than noted: the file itself says who else may have come with it."""
    arrived = importer.upload(nameless_list(), start=True)
    assert worker_process(point).wait(120) == -signal.SIGKILL
    written = len(importer.services.customers)
    assert written > importer.get(arrived["id"])["progress"]["rows_done"]
    importer.post(arrived, "cancel", 202)
    let_the_lease_run_out(importer)
    importer.run()
    cancelled = importer.get(arrived["id"])
    assert cancelled["state"] == "cancelled"

    importer.post(cancelled, "undo", 202)
    importer.run()

    assert importer.get(arrived["id"])["undo"]["removed"] == written
    assert importer.services.customers == {}


def test_an_import_that_was_begun_to_be_undone_does_not_go_on(importer):
    importer.services.refuse_memberships_from = 3
    failed = importer.imported(nameless_list())
    assert failed["state"] == "failed"
    importer.post(failed, "undo", 202)

    assert importer.post(failed, "start", 409)["title"]
    importer.run()
    assert importer.get(failed["id"])["state"] == "undone"
    importer.post(failed, "start", 409)
    importer.post(failed, "undo", 409)


@pytest.mark.parametrize("state", ["uploaded", "running"])
def test_only_what_has_ended_can_be_undone(importer, state):
    found = importer.upload(nameless_list(), start=state == "running")

    problem = importer.post(found, "undo", 409)

    assert "only possible while it is finished" in problem["detail"]


def test_after_a_while_nobody_knows_what_it_did(importer):
    found = importer.imported(nameless_list())
    with importer.database.transaction() as session:
        session.execute(update(Import).values(finished_at=utcnow() - timedelta(days=31)))

    assert "too long ago" in importer.post(found, "undo", 409)["detail"]
