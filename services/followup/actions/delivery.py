"""A mail's last steps as rows: claimed and decided in one transaction, its outcome recorded in another.

What is claimed is decided again while its customer's row is locked: an opt-out waits for the lock, or the
mail sees the opt-out. Only after that commit, with phase `data` written down, may the body go out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from services.followup import models, rules, schedule
from services.followup.actions import advancing
from services.followup.actions.planning import share_of
from services.followup.models import (
    EnrolmentState,
    Mail,
    MailState,
    Phase,
    SequenceState,
    Step,
)
from services.followup.models import Sequence as MailSequence
from services.followup.queries import delivery as queries
from services.followup.writing import Unwritable, Writer

LEASE = timedelta(seconds=60)


class Ready(NamedTuple):
    """A mail that may be handed over now."""

    id: UUID
    customer_id: UUID
    sender: str
    to: str
    subject: str
    data: bytes
    message_id: str
    attempts: int
    first_tried_at: datetime
    enrolment_id: UUID | None
    sequence_id: UUID | None
    version_id: UUID | None
    step_key: str | None
    invitation_id: UUID | None
    address_key: str | None


def claim(
    session: Session, mailer: str, limit: int, now: datetime, *, newsletters: bool
) -> list[UUID]:
    """Take up to `limit` due mails for this mailer, the oldest first. Other mailers skip them."""
    wanted = [Mail.state == MailState.DUE, Mail.due_at <= now]
    if not newsletters:
        wanted.append(Mail.purpose != rules.NEWSLETTER)
    due = (
        select(Mail.id)
        .where(*wanted)
        .order_by(Mail.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(session.scalars(due))
    if ids:
        session.execute(
            update(Mail)
            .where(Mail.id.in_(ids))
            .values(
                state=MailState.SENDING,
                phase=Phase.CLAIMED,
                mailer=mailer,
                lease_until=now + LEASE,
            )
        )
    return ids


def decide(
    session: Session, mail_ids: Sequence[UUID], writer: Writer, now: datetime
) -> list[Ready]:
    """Which of the claimed mails may go now, written and with phase `data`.

    The others are put where they belong: later, held, left out, failed.
    """
    if not mail_ids:
        return []
    facts = queries.facts(session, mail_ids)
    ready: list[Ready] = []
    for mail in facts.mails:
        verdict = _verdict(facts, mail, now)
        if verdict is None:
            try:
                ready.append(_write(facts, mail, writer, now))
            except Unwritable as error:
                advancing.fail(session, mail, str(error.problem), now)
        else:
            verdict(session, mail, now)
    queries.mark_handed_over(session, ready, now + LEASE)
    return ready


_Verdict = Callable[[Session, Any, datetime], None]


def _verdict(facts: queries.Facts, mail: Any, now: datetime) -> _Verdict | None:
    """What else is to be done with the mail; None if it may go."""
    standing = facts.standings.get(mail.customer_id, rules.UNKNOWN)
    if mail.enrolment_id is not None:
        sequence = facts.sequences[mail.sequence_id]
        if mail.enrolment_state != EnrolmentState.ACTIVE:
            return _held_or_left_out(mail)
        if sequence.state != SequenceState.ACTIVE:
            archived = sequence.state == SequenceState.ARCHIVED
            return _leave_out("sequence_archived") if archived else _hold("sequence_paused")
        later = _catch_up(sequence, mail, now)
        if later is not None:
            return later
    hindrance = rules.obstacle(mail.purpose, standing)
    if hindrance is None:
        return None
    if mail.enrolment_id is not None:
        return _obstructed(hindrance)
    return _leave_out(hindrance)


def _held_or_left_out(mail: Any) -> _Verdict:
    if mail.enrolment_state == EnrolmentState.PAUSED:
        return _hold(mail.enrolment_reason or "paused")
    return _leave_out(mail.enrolment_reason or str(mail.enrolment_state))


def _catch_up(sequence: MailSequence, mail: Any, now: datetime) -> _Verdict | None:
    """A mail that comes late, or outside its window, goes as the sequence's policy says."""
    window, zone = sequence.window, ZoneInfo(sequence.timezone)
    # A mail that was tried before is late because of the mail server: it just goes on.
    policy = sequence.rules.catch_up if mail.attempts == 0 else "send"
    when = schedule.catch_up(mail.due_at, now, policy, share_of(mail.id), window, zone)
    if when is None:
        return advancing.skip_late
    return _postpone(when) if when > now else None


def _hold(reason: str) -> _Verdict:
    def hold(session: Session, mail: Any, _now: datetime) -> None:
        _put(session, mail.id, state=MailState.DUE, due_at=None, reason=reason)

    return hold


def _postpone(when: datetime) -> _Verdict:
    def postpone(session: Session, mail: Any, _now: datetime) -> None:
        _put(session, mail.id, state=MailState.DUE, due_at=when, planned_at=when, reason=None)

    return postpone


def _leave_out(reason: str) -> _Verdict:
    def leave_out(session: Session, mail: Any, _now: datetime) -> None:
        _put(session, mail.id, state=MailState.SKIPPED, reason=reason)

    return leave_out


def _obstructed(reason: str) -> _Verdict:
    def obstructed(session: Session, mail: Any, now: datetime) -> None:
        # The enrolment should have been told; it follows now, and with it the mail.
        _put(session, mail.id, state=MailState.DUE, due_at=None, reason=reason)
        advancing.catch_up_with(session, mail.customer_id, now)

    return obstructed


def _put(session: Session, mail_id: UUID, **values: object) -> None:
    session.execute(
        update(Mail)
        .where(Mail.id == mail_id)
        .values(phase=None, lease_until=None, mailer=None, **values)
    )


def _write(facts: queries.Facts, mail: Any, writer: Writer, now: datetime) -> Ready:
    person = facts.people[mail.customer_id]
    if mail.invitation_id is not None:
        to = mail.invitation_email or ""
        sender, letter = writer.invitation(
            mail.id, mail.invitation_id, mail.invitation_wording, to, person, now
        )
    else:
        to = person.email
        sequence: models.Sequence = facts.sequences[mail.sequence_id]
        step: Step | None = facts.step(mail.version_id, mail.step_key)
        if step is None:
            raise Unwritable(advancing.NO_STEP)
        attributes = facts.attributes_of(mail.customer_id)
        sender, letter = writer.step(
            mail.id, sequence, step, mail.version_id, person, attributes,
            (mail.group_name or "", mail.group_path or ""), now,
        )  # fmt: skip
    return Ready(
        mail.id, mail.customer_id, sender, to, letter.subject, letter.data, letter.message_id,
        mail.attempts + 1, mail.first_tried_at or now, mail.enrolment_id, mail.sequence_id,
        mail.version_id, mail.step_key, mail.invitation_id, person.address_key,
    )  # fmt: skip


def extend_leases(session: Session, mailer: str, mail_ids: Iterable[UUID], now: datetime) -> None:
    """The mailer lives and still has these in hand."""
    session.execute(
        update(Mail)
        .where(Mail.id.in_(list(mail_ids)), Mail.mailer == mailer, Mail.state == MailState.SENDING)
        .values(lease_until=now + LEASE)
    )


def take_back(session: Session, now: datetime, *, repeatable: bool) -> int:
    """Mails whose mailer died: not begun, they are due again; begun, nobody knows, and a person decides.

    With `repeatable` handing over twice leaves one mail: all are due again. Returns how many there were.
    """
    expired = and_(Mail.state == MailState.SENDING, Mail.lease_until < now)
    begun = Mail.phase == Phase.DATA
    taken = session.execute(
        update(Mail)
        .where(expired if repeatable else and_(expired, Mail.phase == Phase.CLAIMED))
        .values(state=MailState.DUE, due_at=now, phase=None, lease_until=None, mailer=None)
        .returning(Mail.id)
    ).all()
    lost = session.scalars(
        select(Mail).where(expired, begun).with_for_update(skip_locked=True)
    ).all()
    for mail in lost:
        advancing.uncertain(session, mail, "the mailer ended while handing it over", now)
    return len(taken) + len(lost)
