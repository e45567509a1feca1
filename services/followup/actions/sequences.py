"""Sequences: drawn up, changed, activated, paused, archived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from services.followup import models, rules
from services.followup.actions import planning
from services.followup.actions.leaving import end
from services.followup.actions.steps import draw_up, retire
from services.followup.errors import (
    NotPossibleInState,
    SequenceInUse,
)
from services.followup.messages.headers import BadAddress
from services.followup.messages.layout import Layout, Message, Sender
from services.followup.messages.template import Fields, TemplateProblem
from services.followup.models import (
    Enrolment,
    Group,
    SequenceState,
    SequenceVersion,
    StartGroup,
    Step,
)
from services.followup.models import Sequence as MailSequence
from services.followup.models.sequences import not_over
from services.followup.queries import sequences as queries
from shared.db import new_id
from shared.errors import Invalid, PreconditionFailed, Text

_NO_GROUP = Text(
    "There is no group '{group}'. Give its id or its path.",
    de="Es gibt keine Gruppe „{group}“. Möglich sind ihre Id oder ihr Pfad.",
)

# Checked before anything is sent: who really sends is decided by the settings.
_ANYBODY = Sender("", "sender@example.com")


def create(
    session: Session, fields: Mapping[str, Any], timezone: str, now: datetime
) -> MailSequence:
    """Draw up a sequence. Nothing starts before it is activated."""
    found = MailSequence(
        id=new_id(),
        version=1,
        name=fields["name"],
        state=SequenceState.DRAFT,
        purpose=fields.get("purpose", rules.NEWSLETTER),
        include_subgroups=fields.get("include_subgroups", False),
        start_groups=[],
        excluding_groups=_groups(session, fields.get("excluding_groups", []), "excluding_groups"),
        end_group=_end_group(session, fields.get("end_group")),
        sender=fields.get("sender") or {},
        sending_window=fields.get("window") or {},
        timezone=timezone,
        policies=_policies(fields.get("policies") or {}),
        version_id=new_id(),
        keys_given=0,
        retired_keys=[],
        created_at=now,
        updated_at=now,
    )
    steps = draw_up(found, fields.get("steps") or [])
    session.add(found)
    session.flush()
    _set_start_groups(session, found, fields.get("start_groups", []))
    _check(found, steps, Fields())
    _publish_steps(session, found, steps, 1, now)
    session.flush()
    return found


def change(
    session: Session, sequence_id: UUID, expected: int, fields: Mapping[str, Any], now: datetime
) -> MailSequence:
    """Change a sequence. New steps are for those who enter from now on: who is under way keeps theirs.

    Raises PreconditionFailed if it is no longer at version `expected`.
    """
    found = locked(session, sequence_id, expected)
    if found.state == SequenceState.ARCHIVED:
        raise NotPossibleInState(state=found.state)
    for name in ("name", "purpose", "include_subgroups"):
        if name in fields:
            setattr(found, name, fields[name])
    if "sender" in fields:
        found.sender = fields["sender"] or {}
    if "window" in fields:
        found.sending_window = fields["window"] or {}
    if "policies" in fields:
        found.policies = _policies(found.policies | (fields["policies"] or {}))
    if "start_groups" in fields:
        _set_start_groups(session, found, fields["start_groups"])
    if "excluding_groups" in fields:
        found.excluding_groups = _groups(session, fields["excluding_groups"], "excluding_groups")
    if "end_group" in fields:
        found.end_group = _end_group(session, fields["end_group"])
    steps = queries.steps_of(session, [found.version_id])[found.version_id]
    if "steps" in fields:
        old, steps = steps, draw_up(found, fields["steps"] or [])
        _new_steps(session, found, old, steps, now)
    _check(found, steps, Fields())
    found.updated_at = now
    session.flush()
    return found


def locked(session: Session, sequence_id: UUID, expected: int | None = None) -> MailSequence:
    """The sequence with its version counted up, and locked against every other change."""
    counted = update(MailSequence).where(MailSequence.id == sequence_id)
    if expected is not None:
        counted = counted.where(MailSequence.version == expected)
    changed = session.execute(
        counted.values(version=MailSequence.version + 1).returning(MailSequence.id)
    ).first()
    if changed is None:
        queries.sequence(session, sequence_id)
        raise PreconditionFailed
    found = session.get(MailSequence, sequence_id, populate_existing=True)
    assert found is not None
    return found


def _new_steps(
    session: Session, found: MailSequence, former: list[Step], steps: list[Step], now: datetime
) -> None:
    used = session.scalar(
        select(func.count()).select_from(Enrolment).where(Enrolment.version_id == found.version_id)
    )
    newest = session.scalar(
        select(func.max(SequenceVersion.number)).where(SequenceVersion.sequence_id == found.id)
    )
    old = found.version_id
    found.version_id = new_id()
    _publish_steps(session, found, steps, (newest or 0) + 1, now)
    if used:
        retire(found, former, steps)
    else:
        session.execute(delete(SequenceVersion).where(SequenceVersion.id == old))


def _publish_steps(
    session: Session, found: MailSequence, steps: list[Step], number: int, now: datetime
) -> None:
    session.add(
        SequenceVersion(
            id=found.version_id,
            sequence_id=found.id,
            number=number,
            steps=msgspec.to_builtins(steps),
            created_at=now,
        )
    )


def _policies(given: Mapping[str, Any]) -> dict[str, Any]:
    policies: dict[str, Any] = msgspec.to_builtins(msgspec.convert(dict(given), models.Policies))
    return policies


def _check(found: MailSequence, steps: Sequence[Step], fields: Fields) -> None:
    """Find what is wrong with the messages before any is sent. Raises Invalid."""
    errors: dict[str, list[Text]] = {}
    for position, step in enumerate(steps):
        problem = problem_of(step, found.newsletter, fields)
        if problem is not None:
            errors[f"steps.{position}"] = [problem]
    try:
        Layout(Message("x", text="x"), sender_of(found), newsletter=False)
    except BadAddress as error:
        errors["sender.address"] = [error.problem]
    if errors:
        raise Invalid(errors=errors)


def sender_of(found: MailSequence) -> Sender:
    chosen = found.sender
    return Sender(
        chosen.get("name") or "", chosen.get("address") or _ANYBODY.address, chosen.get("reply_to")
    )


def problem_of(step: Step, newsletter: bool, fields: Fields) -> Text | None:
    """Why this step's message cannot be used; None if it can."""
    try:
        Layout(step.message, _ANYBODY, newsletter=newsletter, fields=fields)
    except TemplateProblem as problem:
        return problem.problem
    return None


def _set_start_groups(session: Session, found: MailSequence, given: Sequence[str]) -> None:
    found.start_groups = _groups(session, given, "start_groups")
    session.execute(delete(StartGroup).where(StartGroup.sequence_id == found.id))
    session.add_all(
        StartGroup(sequence_id=found.id, group_id=UUID(group_id)) for group_id in found.start_groups
    )


def _end_group(session: Session, given: str | None) -> UUID | None:
    return UUID(_groups(session, [given], "end_group")[0]) if given else None


def _groups(session: Session, given: Sequence[str], field: str) -> list[str]:
    """Ids of groups given by id or by path. An id may be of a group not heard of yet."""
    found: dict[str, None] = {}
    for group in given:
        try:
            found[str(UUID(group))] = None
            continue
        except ValueError:
            pass
        id_ = session.scalar(select(Group.id).where(Group.path == group, Group.deleted.is_(False)))
        if id_ is None:
            raise Invalid(errors={field: [_NO_GROUP.fill(group=group)]})
        found[str(id_)] = None
    return list(found)


def pause(session: Session, sequence_id: UUID, now: datetime) -> MailSequence:
    """No mail of the sequence starts until it is activated again."""
    found = locked(session, sequence_id)
    if found.state not in (SequenceState.ACTIVE, SequenceState.PAUSED):
        raise NotPossibleInState(state=found.state)
    found.state, found.updated_at = SequenceState.PAUSED, now
    session.flush()
    planning.hold_sequence(session, found.id)
    return found


def archive(session: Session, sequence_id: UUID, now: datetime) -> MailSequence:
    """The sequence is over for good; whoever was under way is stopped."""
    found = locked(session, sequence_id)
    found.state, found.updated_at = SequenceState.ARCHIVED, now
    session.flush()
    coming = select(Enrolment).where(Enrolment.sequence_id == found.id, not_over())
    while some := session.scalars(coming.limit(1000)).all():
        end(session, some, models.EnrolmentState.STOPPED, "sequence_archived", now)
    return found


def remove(session: Session, sequence_id: UUID, expected: int) -> None:
    """Delete a sequence that nobody has ever been in."""
    found = locked(session, sequence_id, expected)
    count = session.scalar(
        select(func.count()).select_from(Enrolment).where(Enrolment.sequence_id == sequence_id)
    )
    if count:
        raise SequenceInUse(count=count)
    session.execute(delete(StartGroup).where(StartGroup.sequence_id == sequence_id))
    session.execute(delete(SequenceVersion).where(SequenceVersion.sequence_id == sequence_id))
    session.delete(found)
