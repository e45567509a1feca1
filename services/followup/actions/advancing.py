"""What follows from a mail's outcome: its row, its enrolment's next step, and who is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.followup import models
from services.followup.actions import planning
from services.followup.actions.consent import suppress
from services.followup.actions.leaving import end
from services.followup.actions.standing import reconsider
from services.followup.errors import MailNotFound, NotUncertain
from services.followup.handover import Outcome
from services.followup.models import Enrolment, EnrolmentState, Invitation, Mail, MailState
from services.followup.queries import sequences as queries
from shared.db import wake
from shared.errors import Text
from shared.events.followup import MailBounced, MailFailed, MailSent
from shared.outbox import publish

NO_STEP = Text("The step does not exist any more.", de="Den Schritt gibt es nicht mehr.")
GIVE_UP_AFTER = timedelta(days=4)
RETRY_AFTER = [timedelta(minutes=m) for m in (5, 30, 60, 120, 240)]


def record(session: Session, outcomes: Sequence[tuple[Any, Outcome]], now: datetime) -> None:
    """Write down what became of the mails that were handed over (Ready, Outcome)."""
    sent = [mail for mail, outcome in outcomes if outcome.kind == "sent"]
    _sent(session, sent, now)
    done = list(sent)
    for mail, outcome in outcomes:
        match outcome.kind:
            case "retry":
                _retry(session, mail, outcome, now)
            case "our_fault":
                # Others go first when the way is open again: this one may be what is not wanted.
                _put(session, [mail.id], MailState.DUE, outcome.reason, due_at=now + RETRY_AFTER[0])
            case "bounced":
                _bounced(session, mail, outcome, now)
                done.append(mail)
            case "failed":
                _put(session, [mail.id], MailState.FAILED, outcome.reason)
                _tell_failed(session, mail, outcome.reason, now)
                done.append(mail)
            case "uncertain":
                _put(session, [mail.id], MailState.UNCERTAIN, outcome.reason)
                done.append(mail)
    advance(session, done, now)


def give_back(session: Session, mails: Iterable[Any], now: datetime) -> None:
    """These were not begun after all: they are due again at once."""
    ids = [mail.id for mail in mails]
    if ids:
        session.execute(
            update(Mail)
            .where(Mail.id.in_(ids))
            .values(
                state=MailState.DUE, due_at=now, phase=None, lease_until=None, mailer=None,
                attempts=Mail.attempts - 1,
            )
        )  # fmt: skip
        wake(session, planning.CHANNEL)


def _sent(session: Session, mails: Sequence[Any], now: datetime) -> None:
    if not mails:
        return
    _put(session, [mail.id for mail in mails], MailState.SENT, None, sent_at=now)
    for mail in mails:
        if mail.invitation_id is not None:
            session.execute(
                update(Invitation)
                .where(Invitation.id == mail.invitation_id)
                .values(message_id=mail.message_id)
            )
    publish(
        session,
        *(
            MailSent(
                customer_id=mail.customer_id,
                mail_id=mail.id,
                subject_line=mail.subject,
                occurred_at=now,
                sequence_id=mail.sequence_id,
            )
            for mail in mails
        ),
    )


def _retry(session: Session, mail: Any, outcome: Outcome, now: datetime) -> None:
    wait = RETRY_AFTER[min(mail.attempts, len(RETRY_AFTER)) - 1]
    if now + wait - mail.first_tried_at > GIVE_UP_AFTER:
        reason = f"given up after {GIVE_UP_AFTER.days} days: {outcome.reason}"
        _put(session, [mail.id], MailState.FAILED, reason)
        _tell_failed(session, mail, reason, now)
        advance(session, [mail], now)
    else:
        _put(session, [mail.id], MailState.DUE, outcome.reason, due_at=now + wait)


def _bounced(session: Session, mail: Any, outcome: Outcome, now: datetime) -> None:
    _put(session, [mail.id], MailState.BOUNCED, outcome.reason)
    publish(
        session,
        MailBounced(
            customer_id=mail.customer_id, mail_id=mail.id, reason=outcome.reason,
            hard=outcome.dead, occurred_at=now,
        ),
    )  # fmt: skip
    if outcome.dead and mail.address_key:
        suppress(session, mail.address_key, "bounced", now, note=outcome.reason, mail_id=mail.id)


def fail(session: Session, mail: Any, reason: str, now: datetime) -> None:
    """This mail cannot be written; its sequence goes on."""
    _put(session, [mail.id], MailState.FAILED, reason)
    _tell_failed(session, mail, reason, now)
    advance(session, [mail], now)


def skip_late(session: Session, mail: Any, now: datetime) -> None:
    """The sequence's policy leaves out what is late."""
    _put(session, [mail.id], MailState.SKIPPED, "too_late")
    advance(session, [mail], now)


def uncertain(session: Session, mail: Any, reason: str, now: datetime) -> None:
    """Nobody knows whether the server has it. It is never sent again by itself; its sequence goes on."""
    _put(session, [mail.id], MailState.UNCERTAIN, reason)
    advance(session, [mail], now)


def resend(session: Session, mail_id: UUID, now: datetime) -> Mail:
    """A person has decided that an uncertain mail goes once more."""
    mail = session.get(Mail, mail_id, with_for_update=True)
    if mail is None:
        raise MailNotFound(mail_id=mail_id)
    if mail.state != MailState.UNCERTAIN:
        raise NotUncertain(state=mail.state)
    mail.state, mail.due_at, mail.reason = MailState.DUE, now, None
    wake(session, planning.CHANNEL)
    return mail


def catch_up_with(session: Session, customer_id: UUID, now: datetime) -> None:
    """A customer's enrolments follow what was found out at the moment of sending."""
    reconsider(session, [customer_id], now)


def advance(session: Session, mails: Sequence[Any], now: datetime) -> None:
    """Plan the step after each of these mails, in the transaction of its outcome; or end the sequence."""
    steps_of_sequences = [mail for mail in mails if mail.enrolment_id is not None]
    if not steps_of_sequences:
        return
    enrolments = {
        row.id: row
        for row in session.scalars(
            select(Enrolment)
            .where(Enrolment.id.in_([mail.enrolment_id for mail in steps_of_sequences]))
            .order_by(Enrolment.id)
            .with_for_update(read=True)
            .execution_options(populate_existing=True)
        )
    }
    sequences = queries.by_id(session, {mail.sequence_id for mail in steps_of_sequences})
    steps = queries.steps_of(session, {mail.version_id for mail in steps_of_sequences})
    planned: dict[tuple[UUID, UUID], list[planning.Planned]] = defaultdict(list)
    finished: list[Enrolment] = []
    paused: list[Enrolment] = []
    for mail in steps_of_sequences:
        enrolment, sequence = enrolments[mail.enrolment_id], sequences[mail.sequence_id]
        if enrolment.state not in (EnrolmentState.ACTIVE, EnrolmentState.PAUSED):
            continue
        step = _next_step(steps.get(mail.version_id, []), mail.step_key)
        if step is None:
            finished.append(enrolment)
            continue
        due = planning.when(sequence, step, now, enrolment_id=enrolment.id)
        planned[sequence.id, mail.version_id].append(
            planning.Planned(mail.customer_id, enrolment.id, step, due)
        )
        if enrolment.state == EnrolmentState.PAUSED:
            paused.append(enrolment)
    for (sequence_id, version_id), some in planned.items():
        planning.plan_steps(session, sequences[sequence_id], version_id, some, now)
    for enrolment in paused:
        planning.hold(session, [enrolment.id], enrolment.reason or "paused")
    if finished:
        end(session, finished, EnrolmentState.COMPLETED, "completed", now)


def _next_step(steps: Sequence[models.Step], key: str) -> models.Step | None:
    keys = [step.key for step in steps]
    return steps[keys.index(key) + 1] if key in keys and keys.index(key) + 1 < len(keys) else None


def _put(
    session: Session,
    mail_ids: Sequence[UUID],
    state: MailState,
    reason: str | None,
    **values: object,
) -> None:
    session.execute(
        update(Mail)
        .where(Mail.id.in_(mail_ids))
        .values(state=state, reason=reason, phase=None, lease_until=None, mailer=None, **values)
    )


def _tell_failed(session: Session, mail: Any, reason: str, now: datetime) -> None:
    publish(
        session,
        MailFailed(
            customer_id=mail.customer_id, mail_id=mail.id, reason=reason, occurred_at=now,
            sequence_id=mail.sequence_id,
        ),
    )  # fmt: skip
