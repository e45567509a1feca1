"""Putting many customers into a group, or taking them out, as one unit that can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import locks
from services.groups.actions.memberships import Change, Mode, Outcome, change_memberships
from services.groups.actions.moves import Telling
from services.groups.errors import GROUP_GONE, GroupNotFound, OperationNotFound
from services.groups.families import SOURCE as MERGED
from services.groups.models import OPERATIONS
from shared.db import utcnow
from shared.operations import Changed, Kind, OperationFailed, Operations

TAKEN_BACK = "undo"
"""The source of what is done to take an operation back; the reference is the operation's id."""

AT_ONCE = 1_000


def add_selected(
    session: Session,
    group_id: UUID,
    whom: Select[Any],
    telling: Telling,
    *,
    request: Mapping[str, Any],
) -> Any:
    """Begin to make the customers that `whom` selects members; return the operation.

    Who is in the group already stays as they are.
    """
    return _begin(session, "add_members", group_id, whom, telling, request)


def remove_selected(
    session: Session,
    group_id: UUID,
    whom: Select[Any],
    telling: Telling,
    *,
    request: Mapping[str, Any],
) -> Any:
    """Begin to end the memberships of those of the customers who are in the group; return the operation."""
    members = queries.members_of(group_id, whom)
    return _begin(session, "remove_members", group_id, members, telling, request)


def _begin(
    session: Session,
    kind: str,
    group_id: UUID,
    whom: Select[Any],
    telling: Telling,
    request: Mapping[str, Any],
) -> Any:
    locks.share_customers(session)
    if not queries.places_of(session, [group_id]):
        raise GroupNotFound(group_id=group_id)
    kept = {
        **request,
        "group_id": str(group_id),
        "source": telling.source,
        "reference": telling.reference,
        "start_sequences": telling.start_sequences,
    }
    return ENGINE.begin(session, kind, whom, request=kept, by=telling.by)


def _put_in(session: Session, operation: Any, ids: list[UUID]) -> Changed:
    return _apply(session, operation, ids, "add")


def _take_out(session: Session, operation: Any, ids: list[UUID]) -> Changed:
    return _apply(session, operation, ids, "remove")


def _apply(session: Session, operation: Any, ids: list[UUID], mode: Mode) -> Changed:
    meant = locks.lock_meant(session, ids)
    group_id = UUID(operation.request["group_id"])
    if not queries.places_of(session, [group_id]):
        raise OperationFailed(GROUP_GONE)
    telling = Telling(
        by=operation.created_by,
        source=operation.request["source"],
        reference=operation.request["reference"] or str(operation.id),
        start_sequences=operation.request["start_sequences"],
    )
    # Not before everybody is locked: what happens later must not look older.
    now = utcnow()
    changes = [Change(customer_id, mode, [group_id]) for customer_id in ids]
    outcomes = change_memberships(session, changes, telling, now=now, meant=meant)
    return Changed([i for i, done in zip(ids, outcomes, strict=True) if _changed(done)], now)


def _changed(outcome: Outcome) -> bool:
    return bool(outcome.added or outcome.removed)


def _take_out_again(session: Session, operation: Any, items: Mapping[UUID, datetime | None]) -> int:
    """End the memberships that the operation began and nobody has ended since; return how many stay.

    Who was merged since is in the group as the survivor, if only the merge put that one in.
    """
    since = {id_: at for id_, at in items.items() if at is not None}
    group_id = UUID(operation.request["group_id"])
    meant = locks.lock_meant(session, since)
    inside = queries.spans_in(session, group_id, {meant.by(id_) for id_ in since})
    ended = queries.spans_ended(session, group_id, meant.survivors.keys() & since.keys())
    own = []
    for id_, at in since.items():
        membership, before = inside.get(meant.by(id_)), ended.get(id_)
        if membership is None:
            continue
        by_merge = (
            membership.source == MERGED
            and before is not None
            and (before.since, before.ended_source) == (at, MERGED)
        )
        if membership.since == at or by_merge:
            own.append(id_)
    _undo(session, operation, own, "remove", meant)
    return len(inside) - len({meant.by(id_) for id_ in own})


def _put_back(session: Session, operation: Any, items: Mapping[UUID, datetime | None]) -> int:
    """Put back whom the operation took out and who was not in the group since; return how many are left out.

    It starts no sequences: they come back to where they were.
    """
    until = {id_: at for id_, at in items.items() if at is not None}
    group_id = UUID(operation.request["group_id"])
    meant = locks.lock_meant(session, until)
    if not queries.places_of(session, [group_id]):
        return len(until)
    people = {meant.by(id_) for id_ in until}
    inside = queries.spans_in(session, group_id, people)
    ended = queries.spans_ended(session, group_id, {*until, *people})
    own = [
        id_
        for id_, at in until.items()
        if meant.by(id_) not in inside
        and meant.by(id_) not in meant.erased
        and all(ended[one].until <= at for one in (id_, meant.by(id_)) if one in ended)
    ]
    _undo(session, operation, own, "add", meant)
    return len(until) - len(own)


def _undo(
    session: Session, operation: Any, ids: list[UUID], mode: Mode, meant: locks.Meant
) -> None:
    telling = Telling(
        by=operation.undone_by,
        source=TAKEN_BACK,
        reference=str(operation.id),
        start_sequences="no",
    )
    group_id = UUID(operation.request["group_id"])
    changes = [Change(customer_id, mode, [group_id]) for customer_id in ids]
    change_memberships(session, changes, telling, meant=meant)


ENGINE = Operations(
    OPERATIONS,
    {
        "add_members": Kind(_put_in, _take_out_again, AT_ONCE),
        "remove_members": Kind(_take_out, _put_back, AT_ONCE),
    },
    OperationNotFound,
)
