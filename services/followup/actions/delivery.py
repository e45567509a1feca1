"""Mails taken and decided, a portion in one transaction.

They are decided again while their customers' rows are locked: an opt-out waits for the lock, or the mail sees
the opt-out. An opt-out after that recalls what is claimed and waits for what is begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.followup import rules, schedule
from services.followup.actions import advancing
from services.followup.actions.handing import claim
from services.followup.actions.planning import give_back, skip
from services.followup.actions.standing import reconsider
from services.followup.models import EnrolmentState, Mail, MailState, Phase, SequenceState
from services.followup.queries import delivery as queries
from services.followup.queries.scripts import Script, Scripts
from services.followup.queries.zones import Zones, zones
from services.followup.sending.handover import Outcome
from services.followup.writing import Unwritable, Writer
from shared.errors import Text

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
_UNKNOWN_FAULT = Text(
    "The mail could not be written ({error}).", de="Die Mail ließ sich nicht schreiben ({error})."
)

_UNKNOWN_END = Outcome("uncertain", reply="the mailer ended while handing it over")


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


Gate = Callable[[Session, list[Ready], datetime], list[Ready]]


class Batch(NamedTuple):
    """Mails taken together, with all that deciding needs."""

    mails: Sequence[Any]
    people: queries.People
    attributes: queries.Attributes
    scripts: dict[UUID, Script]
    zones: Zones


def take(
    session: Session,
    mailer: str,
    limit: int,
    writer: Writer,
    scripts: Scripts,
    now: datetime,
    *,
    newsletters: bool,
    repeatable: bool = False,
    gate: Gate | None = None,
) -> tuple[int, list[Ready]]:
    """Take up to `limit` due mails; returns how many, and those that may go now, the first of them begun.

    The others are put where they belong: later, held, left out, failed. `gate` puts off what has no free way.
    With `repeatable` nobody will ask before each mail, so all are on their way.
    """
    mails = queries.due_mails(session, limit, now, newsletters=newsletters)
    if not mails:
        return 0, []
    batch = _batch(session, mails, scripts)
    ready: list[Ready] = []
    for mail in batch.mails:
        verdict = _verdict(batch, mail, now)
        if verdict is not None:
            verdict(session, mail, now)
            continue
        try:
            ready.append(_write(session, batch, mail, writer, scripts, now))
        except Unwritable as error:
            advancing.fail(session, scripts, mail, str(error.problem), now)
        except Exception as error:
            # One mail that nobody foresaw must not stop all others.
            log.exception("a mail cannot be written", mail=str(mail.id))
            problem = _UNKNOWN_FAULT.fill(error=type(error).__name__)
            advancing.fail(session, scripts, mail, str(problem), now)
    if gate is not None:
        ready = gate(session, ready, now)
    first, others = (Phase.DATA,) * 2 if repeatable else (Phase.BEGUN, Phase.CLAIMED)
    phases = [first, *[others] * (len(ready) - 1)][: len(ready)]
    claim(session, ready, phases, mailer, now + LEASE)
    return len(batch.mails), ready


def _batch(session: Session, mails: Sequence[Any], scripts: Scripts) -> Batch:
    customers = {mail.customer_id for mail in mails}
    used = {mail.version_id for mail in mails if mail.version_id is not None}
    attributes = queries.Attributes({}, {})
    if any(scripts.steps(session, version_id).use_attributes for version_id in used):
        attributes = queries.attributes(session, customers)
    versions = {mail.sequence_id: mail.sequence_version for mail in mails if mail.sequence_id}
    people = queries.people(
        session, customers, {mail.invitation_key for mail in mails if mail.invitation_key}
    )
    used_scripts = {id_: scripts.script(session, id_, version) for id_, version in versions.items()}
    return Batch(
        [mail for mail in mails if mail.customer_id in people.rows],
        people,
        attributes,
        used_scripts,
        zones(session, used_scripts.values(), customers),
    )


_Verdict = Callable[[Session, Any, datetime], None]


def _verdict(batch: Batch, mail: Any, now: datetime) -> _Verdict | None:
    """What else is to be done with the mail; None if it may go."""
    in_sequence = mail.enrolment_id is not None and mail.reason != advancing.AGAIN
    if in_sequence:
        if mail.enrolment_state != EnrolmentState.ACTIVE:
            return _held_or_left_out(mail)
        if mail.sequence_state != SequenceState.ACTIVE:
            archived = mail.sequence_state == SequenceState.ARCHIVED
            return _leave_out("sequence_archived") if archived else _hold("sequence_paused")
        script = batch.scripts[mail.sequence_id]
        later = _catch_up(script, mail, batch.zones.of(script, mail.customer_id), now)
        if later is not None:
            return later
    standing = batch.people.standings.get(mail.customer_id, rules.UNKNOWN)
    if mail.invitation_id is not None:
        standing = batch.people.at(standing, mail.invitation_key)
    hindrance = rules.obstacle(mail.purpose, standing)
    if hindrance is None:
        return None
    return _obstructed(hindrance) if in_sequence else _leave_out(hindrance)


def _held_or_left_out(mail: Any) -> _Verdict:
    if mail.enrolment_state == EnrolmentState.PAUSED:
        return _hold(mail.enrolment_reason or "paused")
    return _leave_out(mail.enrolment_reason or str(mail.enrolment_state))


def _catch_up(script: Script, mail: Any, zone: ZoneInfo, now: datetime) -> _Verdict | None:
    """A mail that comes late, or outside its window, goes as the sequence's policy says."""
    # A mail that was tried before is late because of the mail server: it just goes on.
    policy = script.rules.catch_up if mail.attempts == 0 else "send"
    when = schedule.catch_up(
        mail.due_at, now, policy, schedule.share_of(mail.id), script.window, zone
    )
    if when is None:
        return advancing.skip_late
    return _postpone(when) if when > now else None


def _hold(reason: str) -> _Verdict:
    def hold(session: Session, mail: Any, _now: datetime) -> None:
        _put(session, mail.id, due_at=None, reason=reason)

    return hold


def _postpone(when: datetime) -> _Verdict:
    def postpone(session: Session, mail: Any, _now: datetime) -> None:
        _put(session, mail.id, due_at=when, planned_at=when, reason=None)

    return postpone


def _leave_out(reason: str) -> _Verdict:
    def leave_out(session: Session, mail: Any, now: datetime) -> None:
        skip(session, Mail.id == mail.id, reason, now)

    return leave_out


def _obstructed(reason: str) -> _Verdict:
    def obstructed(session: Session, mail: Any, now: datetime) -> None:
        # The enrolment should have been told; it follows now, and with it the mail.
        _put(session, mail.id, due_at=None, reason=reason)
        reconsider(session, [mail.customer_id], now)

    return obstructed


def _put(session: Session, mail_id: UUID, **values: object) -> None:
    session.execute(update(Mail).where(Mail.id == mail_id).values(**values))


def _write(
    session: Session, batch: Batch, mail: Any, writer: Writer, scripts: Scripts, now: datetime
) -> Ready:
    person = batch.people.rows[mail.customer_id]
    if mail.invitation_id is not None:
        to = mail.invitation_email or ""
        sender, letter = writer.invitation(
            mail.id, mail.invitation_id, mail.invitation_wording, to, person, now
        )
    else:
        to = person.email
        step = scripts.steps(session, mail.version_id).get(mail.step_key)
        if step is None:
            raise Unwritable(advancing.NO_STEP)
        sender, letter = writer.step(
            mail.id, batch.scripts[mail.sequence_id], step, mail.version_id, person,
            batch.attributes.of(mail.customer_id), (mail.group_name or "", mail.group_path or ""), now,
        )  # fmt: skip
    key = person.address_key if mail.invitation_id is None else mail.invitation_key
    return Ready(
        mail.id, mail.customer_id, sender, to, letter.subject, letter.data, letter.message_id,
        mail.attempts + 1, mail.first_tried_at or now, mail.enrolment_id, mail.sequence_id,
        mail.version_id, mail.step_key, mail.invitation_id, key,
    )  # fmt: skip


def extend_leases(session: Session, mailer: str, mail_ids: Iterable[UUID], now: datetime) -> None:
    """The mailer's lane lives and still has these in hand."""
    session.execute(
        update(Mail)
        .where(Mail.id.in_(list(mail_ids)), Mail.mailer == mailer, Mail.state == MailState.SENDING)
        .values(lease_until=now + LEASE)
    )


def take_back(session: Session, now: datetime, *, repeatable: bool) -> int:
    """Mails whose mailer died. Returns how many there were.

    What the server took is sent, and what it cannot have is due again. Of what was on its way nobody knows:
    a person decides. With `repeatable` handing over twice leaves one mail, so that is due again as well.
    """
    expired = (
        select(Mail)
        .where(Mail.state == MailState.SENDING, Mail.lease_until < now)
        .with_for_update(skip_locked=True)
    )
    lost = session.scalars(expired).all()
    outcomes: list[tuple[Mail, Outcome]] = []
    for mail in lost:
        if mail.phase == Phase.TAKEN:
            outcomes.append((mail, Outcome("sent", 250)))
        elif mail.phase == Phase.DATA and not repeatable:
            outcomes.append((mail, _UNKNOWN_END))
        else:
            give_back(session, mail.mailer or "", [mail.id], now)
    advancing.record(session, Scripts(), outcomes, now)
    return len(lost)
