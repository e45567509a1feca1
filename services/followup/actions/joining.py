"""Two ways of one person through the same sequence: one goes on, and each step is sent once.

What a merge does to a way stands in its `merge_note`, so that it can be taken back:
`had` lists steps that count as sent, `state` and `reason` are those of a way that the merge has stopped,
`mails` tells when the mails that it left out were due, and `at` when that was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from services.followup import models
from services.followup.actions import planning
from services.followup.actions.advancing import advance
from services.followup.actions.counting import count_mails, count_ways, uncount
from services.followup.actions.leaving import end
from services.followup.models import (
    Enrolment,
    EnrolmentState,
    Figure,
    Mail,
    MailState,
    SequenceState,
)
from services.followup.models.sequences import LIVE
from services.followup.queries.scripts import Scripts
from shared.db import among
from shared.outbox import publish

MERGED = "merged"
_OPEN = (MailState.DUE, MailState.SENDING)
_HAD = (MailState.SENT, MailState.UNCERTAIN, MailState.SENDING)


Resumed = Mapping[UUID, datetime | None]
"""Ways that go on again, with the moments at which merges had stopped them."""


def join(
    session: Session,
    sequence: models.Sequence,
    ways: Sequence[Enrolment],
    resumed: Resumed,
    now: datetime,
) -> None:
    """Have at most one of a customer's ways go on, and know what it need not send any more."""
    live = [way for way in ways if way.state in LIVE]
    if not live:
        return
    if len({way.origin for way in ways}) == 1:
        for way in live:
            _note_had(way, set())
        return
    mails = _mails(session, ways)
    over = [way for way in live if _was_through(sequence, way, ways)]
    running = [way for way in live if way not in over]
    scripts = Scripts()
    ahead = max(running, key=lambda way: _rank(session, scripts, way, mails[way.id]), default=None)
    aside = {way: way.merge_note for way in live if way is not ahead}
    end(session, [w for w in aside if w.id not in resumed], EnrolmentState.STOPPED, MERGED, now)
    for way, note in aside.items():
        way.merge_note = note
        if way.id in resumed:  # it has been stopped all the while
            way.state, way.reason, way.ended_at = EnrolmentState.STOPPED, MERGED, resumed[way.id]
            planning.leave_out(session, [way.id], MERGED, now)
    if ahead is None:
        return
    had = {
        mail.step_key
        for way in ways
        if way.origin != ahead.origin
        and (way in aside or way.reason == MERGED or _counts(sequence, way))
        for mail in mails[way.id]
        if mail.state in _HAD
    }
    _note_had(ahead, had)
    session.flush()
    again = [m for m in mails[ahead.id] if m.state == MailState.DUE and m.step_key in had]
    if again:
        planning.leave_out(session, [ahead.id], MERGED, now)
        publish(session, *advance(session, scripts, again, now))


def _note_had(way: Enrolment, had: Collection[str]) -> None:
    note = {key: value for key, value in (way.merge_note or {}).items() if key != "had"}
    if had:
        note["had"] = sorted(had)
    way.merge_note = note or None


def _mails(session: Session, ways: Collection[Enrolment]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for mail in session.execute(
        select(
            Mail.id, Mail.customer_id, Mail.enrolment_id, Mail.sequence_id, Mail.version_id,
            Mail.step_key, Mail.state,
        ).where(among(Mail.enrolment_id, [way.id for way in ways]))
    ):  # fmt: skip
        found[mail.enrolment_id].append(mail)
    return found


def _was_through(sequence: models.Sequence, way: Enrolment, ways: Iterable[Enrolment]) -> bool:
    """Whether the person has been through it under another id, and may not enter it anew."""
    return any(
        other.origin != way.origin
        and other.state == EnrolmentState.COMPLETED
        and _counts(sequence, other)
        for other in ways
    )


def _counts(sequence: models.Sequence, earlier: Enrolment) -> bool:
    """Whether the re-entry policy allows no other way after this one."""
    policy = sequence.rules.reentry
    return policy == "never" or (policy == "after_leaving" and earlier.left_at is None)


def _rank(
    session: Session, scripts: Scripts, way: Enrolment, mails: Iterable[Any]
) -> tuple[Any, ...]:
    """Who goes on: the one that may, that has come further, and then the survivor's own."""
    left = way.state == EnrolmentState.PAUSED and way.reason == "left_group"
    position = scripts.steps(session, way.version_id).by_key
    passed = [position.get(mail.step_key, -1) for mail in mails if mail.state != MailState.DUE]
    return (
        not left, max(passed, default=-1), way.started_at is not None, way.entered_as is None,
        -way.id.int,
    )  # fmt: skip


class Live:
    """The ways that are live, with their open mails, as they are before a merge has touched them."""

    def __init__(self, session: Session, ways: Iterable[Enrolment]) -> None:
        self._before = {w.id: (w.state, w.reason) for w in ways if w.state in LIVE}
        self._mails: dict[UUID, dict[str, Any]] = defaultdict(dict)
        for mail in session.scalars(
            select(Mail)
            .where(among(Mail.enrolment_id, list(self._before)), Mail.state.in_(_OPEN))
            .execution_options(populate_existing=True)
        ):
            due = mail.due_at.isoformat() if mail.due_at else None
            self._mails[mail.enrolment_id or mail.id][str(mail.id)] = [due, mail.reason]

    def note(self, session: Session, now: datetime) -> None:
        """Write down, with the ways, what the merge has stopped and left out."""
        ways = session.scalars(
            select(Enrolment)
            .where(among(Enrolment.id, list(self._before)))
            .execution_options(populate_existing=True)
        ).all()
        left_out = self._left_out(session)
        for way in ways:
            # What ends a way that is with its own customer is no merge, unless it says so.
            said = MERGED in (way.reason, *left_out[way.id].values())
            if way.entered_as is None and not said:
                continue
            note = dict(way.merge_note or {})
            if way.state not in LIVE:
                state, reason = self._before[way.id]
                note |= {"state": state, "reason": reason}
            if left_out[way.id]:
                known = {id_: self._mails[way.id][id_] for id_ in left_out[way.id]}
                note["mails"] = note.get("mails", {}) | known
            if note:
                note.setdefault("at", now.isoformat())
            way.merge_note = note or None
        session.flush()

    def _left_out(self, session: Session) -> dict[UUID, dict[str, str | None]]:
        """By way and mail, why it was left out."""
        found: dict[UUID, dict[str, str | None]] = defaultdict(dict)
        ids = [UUID(id_) for mails in self._mails.values() for id_ in mails]
        for mail in session.execute(
            select(Mail.enrolment_id, Mail.id, Mail.state, Mail.reason).where(among(Mail.id, ids))
        ):
            # One on its way now is noted as well: it may come back when its way is stopped.
            if mail.state in (MailState.SKIPPED, MailState.SENDING):
                found[mail.enrolment_id][str(mail.id)] = mail.reason
        return found


def take_back(
    session: Session,
    ways: Sequence[Enrolment],
    sequences: Mapping[UUID, models.Sequence],
    erased: Collection[UUID],
    now: datetime,
) -> Resumed:
    """Take back what merges did to these ways. Returns those that go on again.

    What has happened since stays: what was sent, and what has ended a way for another reason.
    """
    resumed: dict[UUID, datetime | None] = {}
    for way in ways:
        note, way.merge_note = way.merge_note, None
        if note is None or way.origin in erased:
            continue
        sequence = sequences[way.sequence_id]
        if "state" in note:
            left = way.left_at is not None and sequence.rules.on_leave == "stop"
            if left or sequence.state == SequenceState.ARCHIVED:
                continue
            resumed[way.id] = way.ended_at
            if way.state == EnrolmentState.COMPLETED:
                count_ways(session, [way], Figure.COMPLETED, way.ended_at or now, -1)
            way.state, way.reason, way.ended_at = note["state"], note["reason"], None
        session.flush()
        _mails_as_before(session, way, sequence, note)
    session.flush()
    return resumed


def _mails_as_before(
    session: Session, way: Enrolment, sequence: models.Sequence, note: dict[str, Any]
) -> None:
    noted: dict[str, Any] = note.get("mails", {})
    mails = session.scalars(
        select(Mail).where(Mail.enrolment_id == way.id).execution_options(populate_existing=True)
    ).all()
    left_out = [m for m in mails if str(m.id) in noted and m.state == MailState.SKIPPED]
    if not left_out:
        return
    since = [
        m for m in mails
        if str(m.id) not in noted and m.created_at >= datetime.fromisoformat(note["at"])
    ]  # fmt: skip
    if any(m.state != MailState.DUE for m in since):
        return  # it has gone on to later steps
    session.execute(
        delete(Mail).where(Mail.id.in_([m.id for m in since])),
        execution_options={"synchronize_session": False},
    )
    for mail in since:
        count_mails(session, [mail], Figure.PLANNED, mail.created_at, -1)
    uncount(session, left_out)
    for mail in left_out:
        due, reason = noted[str(mail.id)]
        mail.state, mail.due_at, mail.reason = MailState.DUE, mail.planned_at, None
        mail.ended_at = None
        if due is not None:
            mail.due_at, mail.reason = datetime.fromisoformat(due), reason
    session.flush()
    if way.state == EnrolmentState.PAUSED:
        planning.hold(session, [way.id], way.reason or "paused")
    elif sequence.state == SequenceState.PAUSED:
        session.execute(
            update(Mail)
            .where(Mail.id.in_([m.id for m in left_out]))
            .values(due_at=None, reason="sequence_paused")
        )
