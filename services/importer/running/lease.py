"""Claiming an import: one worker at a time, for as long as it shows that it lives."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from services.importer import erasing, persons
from services.importer.models import BadRow, Import, ProblemRow, State
from services.importer.rows import Problem
from services.importer.running.steps import Outcome
from shared.db import bulk_upsert, utcnow
from shared.errors import Text
from shared.events.importer import ImportFinished
from shared.outbox import publish

LEASE = timedelta(seconds=60)


class LeaseLost(Exception):
    """Another worker has taken the import over, because this one did not answer for too long."""


def claim(session: Session, owner: UUID) -> Import | None:
    """Take the oldest import that is to run and that nobody works on; None if there is none."""
    now = utcnow()
    found = session.scalars(
        select(Import)
        .where(
            Import.state == State.running,
            or_(Import.lease_until.is_(None), Import.lease_until < now),
        )
        .order_by(Import.started_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if found is not None:
        found.lease_owner, found.lease_until = owner, now + LEASE
    return found


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
    row = session.execute(
        update(Import)
        .where(Import.id == import_id, Import.lease_owner == owner, Import.state == State.running)
        .values(**values)
        .returning(Import.cancel_requested),
        execution_options={"synchronize_session": False},
    ).first()
    if row is None:
        raise LeaseLost
    return bool(row[0])


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
