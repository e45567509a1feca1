"""What follow-up does when it hears something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from services.followup.actions import circuit, consent, groups, invitations, merging, recipients
from services.followup.actions.entering import Entry
from services.followup.actions.groups import Left
from services.followup.actions.leaving import Why
from services.followup.models import Consent
from shared.db import utcnow
from shared.events import Event
from shared.events.customers import (
    CustomerChanged,
    CustomerDeactivated,
    CustomerErased,
    CustomerReactivated,
    CustomerRegistered,
    CustomersMerged,
    FeedBeat,
    MergeUndone,
    OptInConfirmed,
    OptInRequested,
    OptInRevoked,
)
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


def on_customer_registered(session: Session, events: list[CustomerRegistered]) -> None:
    """Know whom there is to write to; whoever was waiting to be known starts."""
    recipients.remember(session, [e.customer for e in events], utcnow())


def on_customer_changed(session: Session, events: list[CustomerChanged]) -> None:
    recipients.remember(session, [e.customer for e in events], utcnow())


def on_customer_deactivated(session: Session, events: list[CustomerDeactivated]) -> None:
    """Write to them no more, as each sequence's policy says."""
    changes = [(e.customer_id, e.version, False) for e in events]
    recipients.set_active(session, changes, utcnow())


def on_customer_reactivated(session: Session, events: list[CustomerReactivated]) -> None:
    changes = [(e.customer_id, e.version, True) for e in events]
    recipients.set_active(session, changes, utcnow())


def on_customers_merged(session: Session, events: list[CustomersMerged]) -> None:
    """Have the survivor go on where the others were, and let nobody get a mail twice."""
    merging.hear(session, _pointers(events), utcnow())


def on_merge_undone(session: Session, events: list[MergeUndone]) -> None:
    """Give back what has come from each."""
    merging.hear(session, _pointers(events), utcnow())


def _pointers(events: list[CustomersMerged] | list[MergeUndone]) -> list[merging.Pointer]:
    """What is told of each customer; whoever survives is merged into nobody at that moment."""
    told = []
    for event in events:
        into = event.customer_id if isinstance(event, CustomersMerged) else None
        versions = event.merged_versions or [event.version] * len(event.merged_ids)
        for merged_id, version in zip(event.merged_ids, versions, strict=True):
            told.append(merging.Pointer(merged_id, into, version))
        told.append(merging.Pointer(event.customer_id, None, event.version))
    return told


def on_customer_erased(session: Session, events: list[CustomerErased]) -> None:
    """Forget the persons everywhere."""
    asked = {e.customer_id for e in events if e.reason == "asked"}
    recipients.erase(session, [e.customer_id for e in events], utcnow(), asked=asked)


def on_opt_in_requested(session: Session, events: list[OptInRequested]) -> None:
    """Send the invitations whose page asks for a yes."""
    now = utcnow()
    consent.hear(
        session,
        [consent.Word(e.customer_id, e.version, Consent.REQUESTED, e.occurred_at) for e in events],
        now,
    )
    invitations.invite(
        session,
        [
            invitations.Request(e.customer_id, e.email, e.wording, e.form, e.occurred_at)
            for e in events
        ],
        now,
    )


def on_opt_in_confirmed(session: Session, events: list[OptInConfirmed]) -> None:
    """Start what has waited for this yes."""
    consent.hear(
        session,
        [
            consent.Word(e.customer_id, e.version, Consent.CONFIRMED, e.occurred_at, e.way)
            for e in events
        ],
        utcnow(),
    )


def on_opt_in_revoked(session: Session, events: list[OptInRevoked]) -> None:
    consent.hear(
        session,
        [
            consent.Word(e.customer_id, e.version, Consent.REVOKED, e.occurred_at, e.way)
            for e in events
        ],
        utcnow(),
    )


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


def on_feed_beat(session: Session, events: list[FeedBeat]) -> None:
    """Know until when every no has been heard."""
    circuit.beat(session, max(e.at for e in events))


HANDLERS: dict[type[Event], Callable[[Session, list[Any]], None]] = {
    CustomerRegistered: on_customer_registered,
    CustomerChanged: on_customer_changed,
    CustomerDeactivated: on_customer_deactivated,
    CustomerReactivated: on_customer_reactivated,
    CustomerErased: on_customer_erased,
    CustomersMerged: on_customers_merged,
    MergeUndone: on_merge_undone,
    OptInRequested: on_opt_in_requested,
    OptInConfirmed: on_opt_in_confirmed,
    OptInRevoked: on_opt_in_revoked,
    FeedBeat: on_feed_beat,
    CustomerAddedToGroup: on_customer_added_to_group,
    CustomerRemovedFromGroup: on_customer_removed_from_group,
    GroupCreated: on_group_created,
    GroupChanged: on_group_changed,
    GroupDeleted: on_group_deleted,
    CustomerAttributesChanged: on_customer_attributes_changed,
    AttributeDefined: on_attribute_defined,
    AttributeRemoved: on_attribute_removed,
}
