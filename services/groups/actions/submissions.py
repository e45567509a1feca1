"""What is sent in by web forms: counted, stored and told, and later given to whom it turned out to be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import locks
from services.groups.actions.memberships import Change, change_memberships
from services.groups.actions.moves import Telling
from services.groups.actions.values import Given, change_values
from services.groups.errors import NotRejected, SubmissionNotFound
from services.groups.models import (
    AttributeValues,
    Form,
    FormAttempts,
    Submission,
    SubmissionState,
)
from services.groups.webforms.definition import Definition
from services.groups.webforms.reading import Reading
from shared.db import among, bulk_upsert, new_id, utcnow
from shared.events.groups import FormSubmitted
from shared.outbox import publish
from shared.tables import outbox

SOURCE = "web_form"
REJECTED_FOR = timedelta(days=7)
AT_ONCE = 1_000

COLUMNS = tuple(Submission.__table__.columns.keys())


@dataclass(frozen=True)
class Limit:
    """How often something may be sent within a span of time; `key` is a keyed hash."""

    key: str
    most: int
    within: timedelta


def count_attempt(session: Session, limits: Iterable[Limit], now: datetime) -> int:
    """Count one attempt. Return the seconds to wait if one of the limits is passed, else 0.

    One statement, its rows in one order: parallel attempts wait for each other only as long as it takes.
    """
    known = {limit.key: limit for limit in limits}
    counted = bulk_upsert(
        session,
        FormAttempts.__table__,
        ("key", "until", "attempts"),
        [(key, _end_of(limit.within, now), 1) for key, limit in sorted(known.items())],
        key=("key", "until"),
        update=(),
        set_={"attempts": "old.attempts + 1"},
        returning=("key", "until", "attempts"),
    )
    waits = [
        int((until - now).total_seconds()) + 1
        for key, until, attempts in counted
        if attempts > known[key].most
    ]
    return max(waits, default=0)


def _end_of(within: timedelta, now: datetime) -> datetime:
    seconds = int(within.total_seconds())
    return datetime.fromtimestamp((int(now.timestamp()) // seconds + 1) * seconds, now.tzinfo)


def take_submission(
    session: Session,
    form: Definition,
    reading: Reading,
    *,
    request_key: str,
    remote_address: str | None,
    suspicion: str | None,
    now: datetime,
) -> None:
    """Store what was sent, once, and tell it. What is suspicious is only kept to be looked at."""
    submission_id = new_id()
    # Where it came from is kept as a proof of consent, and for nothing else.
    address = remote_address if reading.consent and suspicion is None else None
    stored = bulk_upsert(
        session,
        Submission.__table__,
        COLUMNS,
        [
            (
                submission_id,
                form.form_id,
                form.title,
                request_key,
                now,
                SubmissionState.rejected if suspicion else SubmissionState.waiting,
                suspicion,
                reading.fields,
                reading.values,
                reading.booking_values,
                [str(group_id) for group_id in reading.group_ids],
                form.consent_version if reading.consent else None,
                reading.email_key,
                address,
                None,
                None,
            )
        ],
        key=("request_key",),
        update=(),
        returning=("id",),
    )
    if suspicion or not stored:
        return
    publish(
        session,
        FormSubmitted(
            submission_id=submission_id,
            form_id=form.form_id,
            occurred_at=now,
            fields=reading.fields,
            group_ids=reading.group_ids,
            attributes=reading.booking_values,
            consent=_consent(form, form.consent_text) if reading.consent else None,
            form_title=form.title,
            double_opt_in=form.double_opt_in,
            remote_address=address,
        ),
    )


def accept_submission(session: Session, form_id: UUID, submission_id: UUID) -> Submission:
    """Take what looked like a program's for a person's after all. Raises SubmissionNotFound, NotRejected.

    Consent counts as given when it was sent, and is asked for once more by the invitation.
    """
    submission = session.get(Submission, submission_id, with_for_update=True)
    if submission is None or submission.form_id != form_id:
        raise SubmissionNotFound(submission_id=submission_id)
    if submission.state != SubmissionState.rejected:
        raise NotRejected(state=submission.state)
    form = queries.form(session, form_id)
    version = submission.consent_version
    submission.state, submission.reason = SubmissionState.waiting, None
    publish(
        session,
        FormSubmitted(
            submission_id=submission_id,
            form_id=form_id,
            occurred_at=submission.received_at,
            fields=submission.fields,
            group_ids=[UUID(group_id) for group_id in submission.group_ids],
            attributes=submission.booking_values,
            consent=None
            if version is None
            else _consent(form, queries.wording(session, form_id, version), version),
            form_title=submission.form_title,
            # Nobody can say who sent it: the click in the invitation does.
            double_opt_in=True,
        ),
    )
    return submission


def _consent(form: Definition | Form, wording: str, version: int | None = None) -> dict[str, str]:
    shown = form.consent_version if version is None else version
    return {"wording": wording, "form": f"{form.title} (/f/{form.slug}, {shown})"}


def settle_submissions(session: Session, known: Sequence[tuple[UUID, UUID]]) -> None:
    """Give submissions, each with the customer it turned out to be, their groups and values.

    A form fills only what is empty: whoever sends it in has not shown who they are.
    """
    customers = dict(known)
    found = {
        one.id: one
        for one in session.scalars(
            select(Submission)
            .where(
                among(Submission.id, customers.keys()),
                Submission.state == SubmissionState.waiting,
            )
            .order_by(Submission.id)
        )
    }
    if not found:
        return
    meant = locks.lock_meant(session, {customers[id_] for id_ in found})
    now = utcnow()
    for submission_id, submission in sorted(found.items()):
        customer_id = customers[submission_id]
        if meant.by(customer_id) in meant.erased:
            session.delete(submission)
            continue
        _give(session, submission, meant.by(customer_id), now)
        submission.customer_id = customer_id
        submission.state = SubmissionState.accepted
        submission.settled_at = now
    session.flush()


def _give(session: Session, submission: Submission, customer_id: UUID, now: datetime) -> None:
    wanted = [UUID(group_id) for group_id in submission.group_ids]
    present = queries.places_of(session, wanted)
    groups = [group_id for group_id in wanted if group_id in present]
    telling = Telling(by=submission.form_title, source=SOURCE, reference=str(submission.form_id))
    if groups:
        change_memberships(session, [Change(customer_id, "add", groups)], telling, now=now)
    if submission.customer_values:
        document: Mapping[str, object] = (
            session.scalar(
                select(AttributeValues.document).where(AttributeValues.customer_id == customer_id)
            )
            or {}
        )
        missing = {k: v for k, v in submission.customer_values.items() if k not in document}
        change_values(session, [Given(customer_id, missing)], now=now)


def forget_submissions(
    session: Session, customer_ids: Collection[UUID], email_keys: Collection[str]
) -> None:
    """Delete what these people sent in, and what came under their addresses and is nobody's yet.

    What of that is not told yet is not told any more: it would make a customer of the person again.
    """
    session.execute(delete(Submission).where(among(Submission.customer_id, customer_ids)))
    if not email_keys:
        return
    deleted = session.scalars(
        delete(Submission)
        .where(Submission.customer_id.is_(None), Submission.email_key.in_(email_keys))
        .returning(Submission.id),
        execution_options={"synchronize_session": False},
    ).all()
    wanted = [str(submission_id).encode() for submission_id in deleted]
    if not wanted:
        return
    letters = session.execute(
        select(outbox.c.id, outbox.c.body).where(outbox.c.name == FormSubmitted.name)
    )
    untold = [letter for letter, body in letters if any(id_ in body for id_ in wanted)]
    session.execute(delete(outbox).where(outbox.c.id.in_(untold)))


def expire_submissions(session: Session, now: datetime, keep: timedelta) -> int:
    """Delete what was sent in long ago, rejected things sooner, and counts that no longer count.

    Returns how many submissions; there may be more.
    """
    session.execute(delete(FormAttempts).where(FormAttempts.until <= now))
    rejected = (Submission.state == SubmissionState.rejected) & (
        Submission.received_at < now - REJECTED_FOR
    )
    old = session.scalars(
        select(Submission.id)
        .where(rejected | (Submission.received_at < now - keep))
        .order_by(Submission.received_at)
        .limit(AT_ONCE)
    ).all()
    session.execute(delete(Submission).where(Submission.id.in_(old)))
    return len(old)
