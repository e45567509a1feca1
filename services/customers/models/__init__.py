"""The nouns: customers, their numbers, what they consented to, and copies of the groups they are in."""

from services.customers.models.base import metadata
from services.customers.models.consent import LEDGER_PERSONAL, consent_ledger
from services.customers.models.customer import (
    COLUMNS,
    Customer,
    OptInState,
    customers,
    email_key_of,
    search_terms,
)
from services.customers.models.groups import group_ancestors, groups, memberships
from services.customers.models.register import register

__all__ = [
    "COLUMNS",
    "LEDGER_PERSONAL",
    "Customer",
    "OptInState",
    "consent_ledger",
    "customers",
    "email_key_of",
    "group_ancestors",
    "groups",
    "memberships",
    "metadata",
    "register",
    "search_terms",
]
