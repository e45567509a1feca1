"""What follow-up does when groups tells something."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.followup.actions import groups, recipients
from services.followup.actions.entering import Entry
from services.followup.actions.groups import Left
from services.followup.actions.leaving import Why
from shared.db import utcnow
from shared.events.groups import (
    AttributeDefined,
    AttributeRemoved,
    CustomerAddedToGroup,
    CustomerAttributesChanged,
    CustomerRemovedFromGroup,
    GroupChanged,
    GroupCreated,
    GroupDeleted,
)

MERGE = "merge"
"""The source of membership changes that only follow a merge or its undoing."""


def on_customer_added_to_group(session: Session, events: list[CustomerAddedToGroup]) -> None:
    """Enrol the new members in the sequences that start with their group."""
    entries = [
        Entry(e.customer_id, e.group_id, e.ancestor_ids, e.start_sequences, e.occurred_at)
        for e in events
        if e.source != MERGE
    ]
    groups.join(session, entries, utcnow())
    _note_memberships(session, events, member=True)


def on_customer_removed_from_group(
    session: Session, events: list[CustomerRemovedFromGroup]
) -> None:
    """Stop, pause or go on, as each sequence's leave policy says."""
    left: dict[Why, list[Left]] = {}
    for e in events:
        if e.source != MERGE:
            why: Why = "import_undone" if e.source == "import_undone" else "left_group"
            left.setdefault(why, []).append((e.customer_id, e.group_id, e.occurred_at))
    for why, some in left.items():
        groups.part(session, some, utcnow(), why)
    _note_memberships(session, events, member=False)


def _note_memberships(
    session: Session,
    events: list[CustomerAddedToGroup] | list[CustomerRemovedFromGroup],
    *,
    member: bool,
) -> None:
    """Sequences go with the merge itself, whatever it does to memberships."""
    changes = [(e.customer_id, e.group_id, e.occurred_at) for e in events if e.source == MERGE]
    groups.remember_memberships(session, changes, member=member, by_merge=True)


def on_group_created(session: Session, events: list[GroupCreated]) -> None:
    _remember_groups(session, events)


def on_group_changed(session: Session, events: list[GroupChanged]) -> None:
    _remember_groups(session, events)


def _remember_groups(session: Session, events: list[GroupCreated] | list[GroupChanged]) -> None:
    groups.remember_groups(
        session,
        [
            (
                e.group_id, e.version, e.group_name, e.path, [str(id_) for id_ in e.ancestor_ids],
                e.topic, e.description,
            )
            for e in events
        ],
    )  # fmt: skip


def on_group_deleted(session: Session, events: list[GroupDeleted]) -> None:
    groups.forget_groups(session, [(e.group_id, e.version) for e in events])


def on_customer_attributes_changed(
    session: Session, events: list[CustomerAttributesChanged]
) -> None:
    recipients.remember_values(session, [(e.customer_id, e.version, e.values) for e in events])


def on_attribute_defined(session: Session, events: list[AttributeDefined]) -> None:
    """Know which merge fields there are."""
    groups.define_attributes(
        session,
        [(e.attribute_id, e.version, e.key, e.label) for e in events if e.scope == "customer"],
    )


def on_attribute_removed(session: Session, events: list[AttributeRemoved]) -> None:
    groups.define_attributes(
        session,
        [(e.attribute_id, e.version, e.key, {}) for e in events if e.scope == "customer"],
        removed=True,
    )
