"""What follow-up does when it hears something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from services.followup.handlers import customers, groups
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

HANDLERS: dict[type[Event], Callable[[Session, list[Any]], None]] = {
    CustomerRegistered: customers.on_customer_registered,
    CustomerChanged: customers.on_customer_changed,
    CustomerDeactivated: customers.on_customer_deactivated,
    CustomerReactivated: customers.on_customer_reactivated,
    CustomerErased: customers.on_customer_erased,
    CustomersMerged: customers.on_customers_merged,
    MergeUndone: customers.on_merge_undone,
    OptInRequested: customers.on_opt_in_requested,
    OptInConfirmed: customers.on_opt_in_confirmed,
    OptInRevoked: customers.on_opt_in_revoked,
    FeedBeat: customers.on_feed_beat,
    CustomerAddedToGroup: groups.on_customer_added_to_group,
    CustomerRemovedFromGroup: groups.on_customer_removed_from_group,
    GroupCreated: groups.on_group_created,
    GroupChanged: groups.on_group_changed,
    GroupDeleted: groups.on_group_deleted,
    CustomerAttributesChanged: groups.on_customer_attributes_changed,
    AttributeDefined: groups.on_attribute_defined,
    AttributeRemoved: groups.on_attribute_removed,
}
