"""The event catalogue: what the services tell each other, one module per publishing service.

An event is a fact, told by its owner, in plain values. Fields are only ever added, with a default; a
breaking change is a new event whose name ends in `.v2`. `SUBSCRIPTIONS` says who hears what.
"""

from shared.events import customers, followup, groups, importer
from shared.events.base import Event

EVENTS: dict[str, type[Event]] = {
    event.name: event
    for module in (customers, groups, importer, followup)
    for event in module.EVENTS
}

SUBSCRIPTIONS: dict[str, tuple[type[Event], ...]] = {
    "customers": (
        groups.GroupCreated,
        groups.GroupChanged,
        groups.GroupDeleted,
        groups.CustomerAddedToGroup,
        groups.CustomerRemovedFromGroup,
        groups.AttributeDefined,
        groups.AttributeRemoved,
        groups.FormSubmitted,
        groups.CustomersSelected,
        groups.CustomerForgotten,
        importer.CustomerForgotten,
        followup.OptInAccepted,
        followup.Unsubscribed,
        followup.SequenceStarted,
        followup.MailSent,
        followup.CustomerForgotten,
    ),
    "groups": (
        customers.CustomerRegistered,
        customers.CustomerChanged,
        customers.CustomerDeactivated,
        customers.CustomerReactivated,
        customers.CustomerErased,
        customers.CustomersMerged,
        customers.MergeUndone,
        customers.ActivityRecorded,
        customers.HistoryEntryAdded,
        customers.HistoryEntryChanged,
        customers.HistoryEntryDeleted,
        customers.SelectionAsked,
        followup.MailSent,
        followup.MailFailed,
        followup.MailBounced,
        followup.TopicsChosen,
    ),
    "importer": (customers.CustomerErased,),
    "followup": (
        customers.CustomerRegistered,
        customers.CustomerChanged,
        customers.CustomerDeactivated,
        customers.CustomerReactivated,
        customers.CustomerErased,
        customers.CustomersMerged,
        customers.MergeUndone,
        customers.OptInRequested,
        customers.OptInConfirmed,
        customers.OptInRevoked,
        customers.FeedBeat,
        groups.GroupCreated,
        groups.GroupChanged,
        groups.GroupDeleted,
        groups.CustomerAddedToGroup,
        groups.CustomerRemovedFromGroup,
        groups.CustomerAttributesChanged,
        groups.AttributeDefined,
        groups.AttributeRemoved,
    ),
}
"""Which service hears which events; each service's `HANDLERS` must have exactly these keys."""

__all__ = ["EVENTS", "SUBSCRIPTIONS", "Event"]
