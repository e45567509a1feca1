"""Taking back what an import did to customers' groups and values, where nobody has gone on since."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import locks
from services.groups.actions.memberships import Change, change_memberships, reopen_memberships
from services.groups.actions.moves import Telling
from services.groups.actions.values import merge_values
from shared.changelog import before_import
from shared.db import utcnow

UNDONE = "import_undone"
"""The source that memberships are told to end and begin by."""


class MembershipsUndone(NamedTuple):
    """How many memberships were ended, and how many are there again."""

    removed: int
    restored: int


def undo_memberships(
    session: Session, reference: str, customer_ids: Collection[UUID], telling: Telling
) -> MembershipsUndone:
    """End what the import began and put back what it ended. Doing it twice changes nothing more."""
    meant = locks.lock_meant(session, customer_ids)
    people = {*customer_ids, *map(meant.by, customer_ids)} - meant.erased
    telling = replace(telling, source=UNDONE, start_sequences="no")
    now = utcnow()
    opened = queries.opened_by(session, reference, people)
    changes = [Change(customer_id, "remove", [group_id]) for customer_id, group_id in opened]
    outcomes = change_memberships(session, changes, telling, now=now, meant=meant)
    ended = queries.ended_by(session, reference, people)
    restored = reopen_memberships(session, ended, telling, now=now)
    return MembershipsUndone(sum(one.removed for one in outcomes), restored)


def undo_values(session: Session, reference: str, customer_ids: Collection[UUID]) -> set[UUID]:
    """Give the values back that the import changed and nobody has changed since; return whom that changed."""
    meant = locks.lock_meant(session, customer_ids)
    people = {meant.by(customer_id) for customer_id in customer_ids} - meant.erased
    log = queries.value_changes_of(session, people)
    defined = queries.customer_attributes(session)
    wanted = {}
    for customer_id, changes in log.items():
        values, _ = before_import(changes, reference)
        former = {key: value for key, value in values.items() if key in defined}
        if former:
            wanted[customer_id] = former
    return merge_values(session, wanted)
