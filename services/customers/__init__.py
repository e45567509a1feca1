"""Customers: who they are, what they allow us to write to them, and what happened with them.

Owns: customers, customer numbers, the consent ledger, activities with their sums, history entries.
Publishes: CustomerRegistered, CustomerChanged, CustomerDeactivated, CustomerReactivated, CustomersMerged,
    MergeUndone, CustomerErased, OptInRequested, OptInConfirmed, OptInRevoked, ActivityRecorded,
    HistoryEntryAdded, HistoryEntryChanged, HistoryEntryDeleted, SelectionAsked, FeedBeat.
Subscribes to: groups and memberships (to show them and to filter by them), attributes (to read those of
    bookings and history entries), FormSubmitted (who sends a web form becomes a customer), CustomersSelected
    (whom an act on many is about), SequenceStarted and MailSent (to show them on the timeline),
    OptInAccepted, Unsubscribed, and every CustomerForgotten (for the receipts of erasures).
"""
