"""Customers: who they are, their numbers, and what they allow us to write to them.

Owns: customers, customer numbers, the consent ledger.
Publishes: CustomerRegistered, CustomerChanged, CustomerDeactivated, CustomerReactivated, CustomerErased,
    OptInRequested, OptInConfirmed, OptInRevoked.
Subscribes to: groups and memberships (to show them and to filter by them), OptInAccepted, Unsubscribed.
"""
