"""Claiming an import: one worker at a time, for as long as it shows that it lives."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from services.importer.forgetting import erasing, persons
from services.importer.models import BadRow, Import, ProblemRow, State
from services.importer.rows import Problem
from services.importer.running.steps import Outcome
from services.importer.work import leasing
from services.importer.work.leasing import LEASE
from shared.db import bulk_upsert, utcnow
from shared.errors import Text
from shared.events.importer import ImportFinished
from shared.outbox import publish


def claim(session: Session, owner: UUID) -> Import | None:
    """Take the oldest import that is to run and that nobody works on; None if there is none."""
    to_do = Import.state == State.running
    return leasing.claim(session, Import, to_do, owner, oldest_by=Import.started_at)


def renew(session: Session, import_id: UUID, owner: UUID) -> bool:
    """Show that the worker lives. Returns whether the import is to be cancelled."""
    return _mine(session, import_id, owner, lease_until=utcnow() + LEASE)


def save_step(session: Session, import_id: UUID, owner: UUID, outcome: Outcome) -> bool:
    """Write down what became of a step. Returns whether the import is to be cancelled.

    Only after this is a step done: until then a crash makes it be repeated.
    """
    cancelled = _mine(
        session,
        import_id,
        owner,
        lease_until=utcnow() + LEASE,
        rows_done=Import.rows_done + outcome.rows,
        line_done=outcome.last_line,
        **{name: getattr(Import, name) + count for name, count in outcome.counts.items() if count},
    )
    # Only now that the import's row is locked: who is erased from here on finds these rows.
    erased = persons.note_rows(session, import_id, [*outcome.known, *outcome.met], outcome.problems)
    if outcome.problems:
        _save_problems(session, import_id, outcome, erased)
    if outcome.created_groups:
        made = session.get_one(Import, import_id, populate_existing=True)
        known = dict.fromkeys([*made.created_groups, *outcome.created_groups])
        made.created_groups = list(known)
    return cancelled


def release(session: Session, import_id: UUID, owner: UUID) -> None:
    """Give the import back, for instance because this process ends."""
    _mine(session, import_id, owner, lease_owner=None, lease_until=None)


def finish(session: Session, import_id: UUID, owner: UUID, *, cancelled: bool) -> None:
    state = State.cancelled if cancelled else State.finished
    now = utcnow()
    _mine(
        session,
        import_id,
        owner,
        state=state,
        finished_at=now,
        version=Import.version + 1,
        lease_owner=None,
        lease_until=None,
    )
    erasing.settle(session, import_id)
    if cancelled:
        return
    done = session.get_one(Import, import_id, populate_existing=True)
    publish(
        session,
        ImportFinished(
            import_id=import_id,
            occurred_at=now,
            filename=done.filename,
            rows_total=done.rows_done,
            created=done.created,
            updated=done.updated,
            unchanged=done.unchanged,
            failed=done.failed,
            conflicts=done.conflicts,
        ),
    )


def fail(session: Session, import_id: UUID, owner: UUID, reason: Text) -> None:
    """End the import with a reason. It can be started again and then goes on where it stopped."""
    _mine(
        session,
        import_id,
        owner,
        state=State.failed,
        failure={"en": str(reason), "de": reason.de},
        finished_at=utcnow(),
        version=Import.version + 1,
        lease_owner=None,
        lease_until=None,
    )
    erasing.settle(session, import_id)


def _mine(session: Session, import_id: UUID, owner: UUID, **values: object) -> bool:
    return leasing.write_as_owner(session, Import, import_id, owner, State.running, **values)


def _save_problems(
    session: Session, import_id: UUID, outcome: Outcome, left_out: Collection[int]
) -> None:
    rows, problems = [], []
    for line, (row, found) in sorted(outcome.problems.items()):
        if line in left_out:
            continue
        rows.append((import_id, line, list(map(_storable, row.cells))))
        problems += [_problem_row(import_id, n, one) for n, one in enumerate(found)]
    bulk_upsert(
        session,
        BadRow.__table__,  # type: ignore[arg-type]
        ("import_id", "line", "cells"),
        rows,
        key=("import_id", "line"),
    )
    bulk_upsert(
        session,
        ProblemRow.__table__,  # type: ignore[arg-type]
        ("import_id", "line", "position", "column", "value", "reason_en", "reason_de", "refused"),
        problems,
        key=("import_id", "line", "position"),
    )


def _problem_row(import_id: UUID, position: int, one: Problem) -> tuple[object, ...]:
    reason = one.reason
    return (
        import_id, one.line, position, one.column, one.value, str(reason), reason.de, one.refused,
    )  # fmt: skip


def _storable(cell: str) -> str:
    """Return the cell whole, but without what PostgreSQL's JSON cannot hold."""
    return cell.replace("\0", "\ufffd")
