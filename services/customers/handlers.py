"""What this service does when it hears something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from services.customers import actions
from services.customers.actions import GroupNews, MembershipNews, Proof
from shared.events import Event
from shared.events.followup import OptInAccepted, Unsubscribed
from shared.events.groups import (
    CustomerAddedToGroup,
    CustomerRemovedFromGroup,
    GroupChanged,
    GroupCreated,
    GroupDeleted,
)

Handler = Callable[[Session, list[Any]], None]


def on_group_created(session: Session, events: list[GroupCreated]) -> None:
    """Know the new groups."""
    actions.learn_groups(session, [_group(e) for e in events])


def on_group_changed(session: Session, events: list[GroupChanged]) -> None:
    """Know the groups by their new paths."""
    actions.learn_groups(session, [_group(e) for e in events])


def on_group_deleted(session: Session, events: list[GroupDeleted]) -> None:
    """Show the groups no more."""
    actions.learn_groups(
        session,
        [GroupNews(group_id=e.group_id, version=e.version, deleted=True) for e in events],
    )


def on_customer_added_to_group(session: Session, events: list[CustomerAddedToGroup]) -> None:
    """Show the customers in their new groups."""
    actions.learn_memberships(session, [_membership(e, member=True) for e in events])


def on_customer_removed_from_group(
    session: Session, events: list[CustomerRemovedFromGroup]
) -> None:
    """Show the customers in these groups no more."""
    actions.learn_memberships(session, [_membership(e, member=False) for e in events])


def on_opt_in_accepted(session: Session, events: list[OptInAccepted]) -> None:
    """Confirm the permission in the ledger: the person clicked."""
    actions.accept_opt_ins(
        session,
        [
            (
                e.customer_id,
                e.occurred_at,
                e.email,
                Proof(
                    way="click",
                    wording=e.wording,
                    message_id=e.message_id,
                    remote_address=e.remote_address,
                ),
            )
            for e in events
        ],
    )


def on_unsubscribed(session: Session, events: list[Unsubscribed]) -> None:
    """Note the withdrawal in the ledger."""
    actions.revoke_opt_ins(
        session, [(e.customer_id, e.occurred_at, Proof(way=e.way)) for e in events]
    )


def _group(event: GroupCreated | GroupChanged) -> GroupNews:
    return GroupNews(
        group_id=event.group_id,
        version=event.version,
        path=event.path,
        ancestor_ids=tuple(event.ancestor_ids),
    )


def _membership(
    event: CustomerAddedToGroup | CustomerRemovedFromGroup, *, member: bool
) -> MembershipNews:
    return MembershipNews(
        customer_id=event.customer_id,
        group_id=event.group_id,
        group_path=event.group_path,
        ancestor_ids=tuple(event.ancestor_ids),
        member=member,
        changed_at=event.occurred_at,
    )


HANDLERS: dict[type[Event], Handler] = {
    GroupCreated: on_group_created,
    GroupChanged: on_group_changed,
    GroupDeleted: on_group_deleted,
    CustomerAddedToGroup: on_customer_added_to_group,
    CustomerRemovedFromGroup: on_customer_removed_from_group,
    OptInAccepted: on_opt_in_accepted,
    Unsubscribed: on_unsubscribed,
}
