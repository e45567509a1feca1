"""What is wrong with a sequence by now, though nothing was when it was drawn up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup.models import Group, Sequence


def problems(session: Session, sequence: Sequence) -> list[dict[str, Any]]:
    """Return those of its groups that are gone: nobody enters one any more, and nobody is in one."""
    named = [
        *(("start_groups", UUID(group_id)) for group_id in sequence.start_groups),
        *(("excluding_groups", UUID(group_id)) for group_id in sequence.excluding_groups),
        *([("end_group", sequence.end_group)] if sequence.end_group else []),
    ]
    gone = {
        row.id: row.name
        for row in session.execute(
            select(Group.id, Group.name).where(
                Group.id.in_({group_id for _, group_id in named}), Group.deleted.is_(True)
            )
        )
    }
    return [
        {"problem": "group_deleted", "field": field, "group_id": id_, "group_name": gone[id_]}
        for field, id_ in named
        if id_ in gone
    ]
