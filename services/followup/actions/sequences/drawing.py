"""Sequences drawn up, changed, and deleted while nobody has been in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from services.followup import models, rules
from services.followup.actions.sequences.checks import check
from services.followup.actions.sequences.states import locked
from services.followup.actions.sequences.steps import draw_up
from services.followup.actions.sequences.versions import publish, replace_steps
from services.followup.errors import NotPossibleInState, SequenceInUse
from services.followup.messages.template import Fields
from services.followup.models import (
    Enrolment,
    Group,
    SequenceState,
    SequenceVersion,
    StartGroup,
)
from services.followup.models import Sequence as MailSequence
from services.followup.queries import sequences as queries
from shared.db import new_id
from shared.errors import Invalid, Text

_NO_GROUP = Text(
    "There is no group '{group}'. Give its id or its path.",
    de="Es gibt keine Gruppe „{group}“. Möglich sind ihre Id oder ihr Pfad.",
)


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
        timezone=fields.get("timezone", timezone),
        zone_of=fields.get("zone_of", "business"),
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
    check(found, steps, Fields())
    publish(session, found, steps, 1, now)
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
    for name in ("name", "purpose", "include_subgroups", "timezone", "zone_of"):
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
        replace_steps(session, found, old, steps, now)
    check(found, steps, Fields())
    found.updated_at = now
    session.flush()
    return found


def _policies(given: Mapping[str, Any]) -> dict[str, Any]:
    policies: dict[str, Any] = msgspec.to_builtins(msgspec.convert(dict(given), models.Policies))
    return policies


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
