"""What follows from a mail's outcome: its row, its enrolment's next step, and who is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, case, literal, select, update
from sqlalchemy.orm import Session

from services.followup import schedule
from services.followup.actions import planning
from services.followup.actions.consent import suppress
from services.followup.actions.counting import count_mails, count_ways, uncount
from services.followup.errors import MailNotFound, NotUncertain
from services.followup.models import (
    Enrolment,
    EnrolmentState,
    Figure,
    Invitation,
    Mail,
    MailState,
)
from services.followup.models.sequences import had_by
from services.followup.queries.scripts import Scripts
from services.followup.queries.zones import zones
from services.followup.sending.handover import Outcome
from shared.db import wake
from shared.errors import Text
from shared.events import Event
from shared.events.followup import MailBounced, MailFailed, MailSent, SequenceEnded
from shared.outbox import publish

_MAILS: Table = Mail.__table__  # type: ignore[assignment]
_ENROLMENTS: Table = Enrolment.__table__  # type: ignore[assignment]
NO_STEP = Text("The step does not exist any more.", de="Den Schritt gibt es nicht mehr.")
AGAIN = "sent_again_by_staff"
# Both: a mail that waited through an outage of days gets its tries all the same.
GIVE_UP_AFTER = timedelta(days=4)
FEWEST_TRIES = 12
RETRY_AFTER = [timedelta(minutes=m) for m in (5, 30, 60, 120, 240)]


def record(
    session: Session, scripts: Scripts, outcomes: Sequence[tuple[Any, Outcome]], now: datetime
) -> None:
    """Write down what became of the mails that were handed over (Ready, Outcome)."""
    done = [mail for mail, outcome in outcomes if outcome.kind == "sent"]
    told: list[Event] = _sent(session, done, now)
    for mail, outcome in outcomes:
        match outcome.kind:
            case "retry" | "refused" | "sender_refused":
                _retry(session, scripts, mail, outcome, now)
            case "away":
                # Others go first when the way is open again: this one may be what is not wanted.
                later = now + RETRY_AFTER[0]
                planning.spare(session, mail.id, still_again(outcome.reason), later)
            case "bounced":
                _bounced(session, mail, outcome, now)
                done.append(mail)
            case "failed":
                _put(session, [mail], MailState.FAILED, outcome.reason, now)
                told.append(_failed(mail, outcome.reason, now))
                done.append(mail)
            case "uncertain":
                _put(session, [mail], MailState.UNCERTAIN, outcome.reason, now)
                done.append(mail)
    told += advance(session, scripts, done, now)
    publish(session, *told)


def _sent(session: Session, mails: Sequence[Any], now: datetime) -> list[Event]:
    if mails:
        _put(session, mails, MailState.SENT, None, now, sent_at=now)
    for mail in mails:
        if mail.invitation_id is not None:
            session.execute(
                update(Invitation)
                .where(Invitation.id == mail.invitation_id)
                .values(message_id=mail.message_id)
            )
    return [
        MailSent(
            customer_id=mail.customer_id,
            mail_id=mail.id,
            subject_line=mail.subject or "",
            occurred_at=now,
            sequence_id=mail.sequence_id,
        )
        for mail in mails
    ]


def _retry(session: Session, scripts: Scripts, mail: Any, outcome: Outcome, now: datetime) -> None:
    wait = RETRY_AFTER[min(mail.attempts, len(RETRY_AFTER)) - 1]
    late = now + wait - mail.first_tried_at > GIVE_UP_AFTER
    if late and mail.attempts >= FEWEST_TRIES:
        give_up(session, scripts, mail, outcome.reason, now)
    else:
        reason = still_again(outcome.reason)
        _put(session, [mail], MailState.DUE, reason, now, due_at=now + wait)


def give_up(session: Session, scripts: Scripts, mail: Any, reason: str, now: datetime) -> None:
    """The mail was refused for days."""
    fail(session, scripts, mail, f"given up after {GIVE_UP_AFTER.days} days: {reason}", now)


def still_again(reason: str) -> ColumnElement[str]:
    """The reason why a mail is due later. That a person sends it again is not forgotten over it."""
    return case((Mail.reason == AGAIN, AGAIN), else_=literal(reason))


def _bounced(session: Session, mail: Any, outcome: Outcome, now: datetime) -> None:
    _put(session, [mail], MailState.BOUNCED, outcome.reason, now)
    publish(
        session,
        MailBounced(
            customer_id=mail.customer_id, mail_id=mail.id, reason=outcome.reason,
            hard=outcome.dead, occurred_at=now,
        ),
    )  # fmt: skip
    if outcome.dead and mail.address_key:
        suppress(session, mail.address_key, "bounced", now, note=outcome.reason, mail_id=mail.id)


def fail(session: Session, scripts: Scripts, mail: Any, reason: str, now: datetime) -> None:
    """This mail will not be sent; its sequence goes on."""
    _put(session, [mail], MailState.FAILED, reason, now)
    publish(session, _failed(mail, reason, now), *advance(session, scripts, [mail], now))


def skip_late(session: Session, mail: Any, now: datetime) -> None:
    """The sequence's policy leaves out what is late. What follows counts from when it was due.

    So whatever else was missed meanwhile is left out as well, and the rest comes when it would have come.
    """
    _put(session, [mail], MailState.SKIPPED, "too_late", now)
    publish(session, *advance(session, Scripts(), [mail], now, since=mail.due_at))


def resend(session: Session, mail_id: UUID, now: datetime) -> Mail:
    """A person has decided that an uncertain mail goes once more."""
    mail = session.get(Mail, mail_id, with_for_update=True)
    if mail is None:
        raise MailNotFound(mail_id=mail_id)
    if mail.state != MailState.UNCERTAIN:
        raise NotUncertain(state=mail.state)
    uncount(session, [mail])
    mail.state, mail.due_at, mail.reason, mail.ended_at = MailState.DUE, now, AGAIN, None
    wake(session, planning.CHANNEL)
    return mail


def advance(
    session: Session,
    scripts: Scripts,
    mails: Iterable[Any],
    now: datetime,
    *,
    since: datetime | None = None,
) -> list[Event]:
    """Plan the step after each of these mails, in the transaction of its outcome; or end the sequence.

    It counts from `since`, or from now. Returns what is to be told.
    """
    of_sequences = [mail for mail in mails if mail.enrolment_id is not None]
    if not of_sequences:
        return []
    ways = _locked(session, [mail.enrolment_id for mail in of_sequences])
    scripted = {mail.sequence_id for mail in of_sequences}
    goes_by = [scripts.script(session, sequence_id) for sequence_id in scripted]
    zone_of = zones(session, goes_by, {way.customer_id for way in ways.values()}).of
    planned: dict[tuple[UUID, UUID], list[planning.Planned]] = defaultdict(list)
    finished: list[Any] = []
    for mail in of_sequences:
        way = ways[mail.enrolment_id]
        if way.state not in (EnrolmentState.ACTIVE, EnrolmentState.PAUSED):
            continue
        steps = scripts.steps(session, mail.version_id)
        step = steps.after(mail.step_key, had_by(way.merge_note))
        if step is None:
            finished.append(mail)
            continue
        script = scripts.script(session, mail.sequence_id)
        zone = zone_of(script, way.customer_id)
        due = schedule.when(script, step, since or now, zone, enrolment_id=mail.enrolment_id)
        # Whose way it is may have changed since the mail was taken.
        planned[mail.sequence_id, mail.version_id].append(
            planning.Planned(way.customer_id, way.id, step, due, way.entered_as)
        )
    for (sequence_id, version_id), some in planned.items():
        script = scripts.script(session, sequence_id)
        planning.plan_steps(session, script, version_id, some, now)
        for plan in some:
            way = ways[plan.enrolment_id]
            if way.state == EnrolmentState.PAUSED:
                planning.hold(session, [plan.enrolment_id], way.reason or "paused")
    return _complete(session, scripts, finished, now)


def advance_from_last(session: Session, enrolments: Iterable[Enrolment], now: datetime) -> None:
    """Plan the next step of ways that are under way and have no mail to come."""
    ids = [e.id for e in enrolments if e.state in (EnrolmentState.ACTIVE, EnrolmentState.PAUSED)]
    waiting = [id_ for id_ in ids if id_ not in planning.has_open_mail(session, ids)]
    last = {
        mail.enrolment_id: mail
        for mail in session.scalars(
            select(Mail).where(Mail.enrolment_id.in_(waiting)).order_by(Mail.id)
        )
    }
    publish(session, *advance(session, Scripts(), last.values(), now))


def _locked(session: Session, enrolment_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """The enrolments as they are: nobody stops or moves them until this transaction ends."""
    return {
        row.id: row
        for row in session.execute(
            select(
                Enrolment.id, Enrolment.state, Enrolment.reason, Enrolment.customer_id,
                Enrolment.entered_as, Enrolment.merge_note,
            )
            .where(Enrolment.id.in_(sorted(enrolment_ids)))
            .order_by(Enrolment.id)
            .with_for_update()
        )
    }  # fmt: skip


def _complete(
    session: Session, scripts: Scripts, mails: Sequence[Any], now: datetime
) -> list[Event]:
    """These mails were the last of their sequences."""
    if mails:
        count_ways(session, mails, Figure.COMPLETED, now)
        session.execute(
            update(_ENROLMENTS)
            .where(_ENROLMENTS.c.id.in_([mail.enrolment_id for mail in mails]))
            .values(state=EnrolmentState.COMPLETED, reason=None, ended_at=now)
        )
    return [
        SequenceEnded(
            customer_id=mail.customer_id,
            enrolment_id=mail.enrolment_id,
            sequence_id=mail.sequence_id,
            sequence_name=scripts.script(session, mail.sequence_id).name,
            reason="completed",
            occurred_at=now,
        )
        for mail in mails
    ]


def _put(
    session: Session,
    mails: Sequence[Any],
    state: MailState,
    reason: str | ColumnElement[str] | None,
    now: datetime,
    **values: object,
) -> None:
    if state != MailState.DUE:
        values.setdefault("ended_at", now)
        count_mails(session, mails, Figure(state), now)
    session.execute(
        update(_MAILS)
        .where(_MAILS.c.id.in_([mail.id for mail in mails]))
        .values(state=state, reason=reason, phase=None, lease_until=None, mailer=None, **values)
    )


def _failed(mail: Any, reason: str, now: datetime) -> MailFailed:
    return MailFailed(
        customer_id=mail.customer_id,
        mail_id=mail.id,
        reason=reason,
        occurred_at=now,
        sequence_id=mail.sequence_id,
    )
