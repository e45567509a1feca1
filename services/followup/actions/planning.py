"""Mails as rows: planned, held, let go, left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Table, case, select, update
from sqlalchemy.orm import Session

from services.followup.actions.counting import count, count_mails, uncount
from services.followup.models import Figure, Mail, MailState, Phase, Step
from shared.db import bulk_upsert, new_id, wake

CHANNEL = "mails"
_MAILS: Table = Mail.__table__  # type: ignore[assignment]
_AS_BEFORE: dict[str, Any] = {
    "state": MailState.DUE, "phase": None, "lease_until": None, "mailer": None,
    "attempts": Mail.attempts - 1,
    "first_tried_at": case((Mail.attempts > 1, Mail.first_tried_at), else_=None),
}  # fmt: skip
_COLUMNS = (
    "id", "customer_id", "entered_as", "purpose", "enrolment_id", "sequence_id", "version_id",
    "step_key", "state", "reason", "planned_at", "due_at", "created_at", "attempts",
)  # fmt: skip


class Named(Protocol):
    @property
    def id(self) -> UUID: ...

    @property
    def purpose(self) -> str: ...


class Planned(NamedTuple):
    """A step's mail that is to be written down."""

    customer_id: UUID
    enrolment_id: UUID
    step: Step
    planned_at: datetime
    entered_as: UUID | None = None


def plan_steps(
    session: Session,
    sequence: Named,
    version_id: UUID,
    planned: Iterable[Planned],
    now: datetime,
    *,
    paused: bool = False,
) -> None:
    """Write the mails down; one that stands there already stays as it is."""
    rows = [
        (
            new_id(), plan.customer_id, plan.entered_as, sequence.purpose, plan.enrolment_id,
            sequence.id, version_id, plan.step.key, MailState.DUE,
            "sequence_paused" if paused else None, plan.planned_at,
            None if paused else plan.planned_at, now, 0,
        )
        for plan in planned
    ]  # fmt: skip
    if rows:
        written = bulk_upsert(
            session, _MAILS, _COLUMNS, rows, key=("enrolment_id", "step_key"), update=(),
            returning=("step_key",),
        )  # fmt: skip
        for step_key, n in Counter(row[0] for row in written).items():
            count(session, sequence.id, version_id, Figure.PLANNED, now, n, step_key)
        wake(session, CHANNEL)


def hold(session: Session, enrolment_ids: Sequence[UUID], reason: str) -> None:
    """Keep the enrolments' due mails back until somebody lets them go."""
    recall(session, Mail.enrolment_id.in_(enrolment_ids))
    _each(session, enrolment_ids, due_at=None, reason=reason)


def release(session: Session, enrolment_ids: Sequence[UUID]) -> None:
    """Let held mails go when they were planned; the mailer catches up with those that are late."""
    _each(session, enrolment_ids, due_at=Mail.planned_at, reason=None)
    wake(session, CHANNEL)


def leave_out(session: Session, enrolment_ids: Sequence[UUID], reason: str, now: datetime) -> None:
    """The enrolments' due mails will not be sent."""
    recall(session, Mail.enrolment_id.in_(enrolment_ids))
    skip(session, Mail.enrolment_id.in_(enrolment_ids), reason, now)


def skip(session: Session, which: ColumnElement[bool], reason: str, now: datetime) -> None:
    """Those of these mails that are due are not sent."""
    skipped = session.execute(
        update(Mail)
        .where(which, Mail.state == MailState.DUE)
        .values(state=MailState.SKIPPED, due_at=None, reason=reason, ended_at=now)
        .returning(Mail.sequence_id, Mail.version_id, Mail.step_key)
    )
    count_mails(session, skipped.all(), Figure.SKIPPED, now)


def bring_back(session: Session, enrolment_id: UUID, reason: str) -> None:
    """What was left out for this reason is held instead."""
    left_out = session.scalars(
        select(Mail).where(
            Mail.enrolment_id == enrolment_id,
            Mail.state == MailState.SKIPPED,
            Mail.reason == reason,
        )
    ).all()
    uncount(session, left_out)
    for mail in left_out:
        mail.state, mail.due_at, mail.ended_at = MailState.DUE, None, None
    session.flush()


def recall(
    session: Session, which: ColumnElement[bool], phases: Collection[Phase] = (Phase.CLAIMED,)
) -> None:
    """What a mailer has claimed of these, and not begun, is due as if it had never been claimed.

    Whoever then holds it, or leaves it out, need not wait for the mailer: it asks before it begins a mail.
    It also asks before the body: what has begun may be recalled too, though the server has heard the address.
    """
    claimed = (Mail.state == MailState.SENDING, Mail.phase.in_(phases))
    session.execute(
        update(Mail).where(which, *claimed).values(_AS_BEFORE),
        execution_options={"synchronize_session": False},
    )


def give_back(session: Session, mailer: str, mail_ids: Collection[UUID], now: datetime) -> None:
    """The mailer claimed these and does not hand them over: they are due again at once."""
    if mail_ids:
        its = (Mail.id.in_(mail_ids), Mail.state == MailState.SENDING, Mail.mailer == mailer)
        session.execute(update(Mail).where(*its).values(_AS_BEFORE | {"due_at": now}))
        wake(session, CHANNEL)


def spare(session: Session, mail_id: UUID, reason: ColumnElement[str], due_at: datetime) -> None:
    """The try does not count: the mail server was away, and nothing was said about the mail."""
    session.execute(
        update(Mail)
        .where(Mail.id == mail_id)
        .values(_AS_BEFORE | {"reason": reason, "due_at": due_at}),
        execution_options={"synchronize_session": False},
    )


def _each(session: Session, enrolment_ids: Sequence[UUID], **values: object) -> None:
    if enrolment_ids:
        session.execute(
            update(Mail)
            .where(Mail.enrolment_id.in_(enrolment_ids), Mail.state == MailState.DUE)
            .values(**values)
        )


def has_open_mail(session: Session, enrolment_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the enrolments that have a mail still to come."""
    return set(
        session.scalars(
            select(Mail.enrolment_id).where(
                Mail.enrolment_id.in_(enrolment_ids),
                Mail.state.in_((MailState.DUE, MailState.SENDING)),
            )
        )
    )


def hold_sequence(session: Session, sequence_id: UUID) -> None:
    """The sequence rests: none of its mails starts."""
    recall(session, Mail.sequence_id == sequence_id)
    session.execute(
        update(Mail)
        .where(
            Mail.sequence_id == sequence_id, Mail.state == MailState.DUE, Mail.due_at.is_not(None)
        )
        .values(due_at=None, reason="sequence_paused")
    )


def release_sequence(session: Session, sequence_id: UUID) -> None:
    """Let the mails go that only the pause held back."""
    session.execute(
        update(Mail)
        .where(
            Mail.sequence_id == sequence_id,
            Mail.state == MailState.DUE,
            Mail.reason == "sequence_paused",
        )
        .values(due_at=Mail.planned_at, reason=None)
    )
    wake(session, CHANNEL)
