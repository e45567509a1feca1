"""The nouns: customers, their numbers, what they consented to, and copies of the groups they are in."""

from services.customers.models.base import metadata
from services.customers.models.changes import customer_changes, differences, plain, restored
from services.customers.models.consent import LEDGER_PERSONAL, consent_ledger
from services.customers.models.customer import (
    COLUMNS,
    Customer,
    OptInState,
    customers,
)
from services.customers.models.duplicates import comparisons_due, duplicates
from services.customers.models.erasures import erasures
from services.customers.models.groups import group_ancestors, groups, memberships
from services.customers.models.keys import email_key_of, search_terms
from services.customers.models.operations import (
    OPERATIONS,
    merges,
    operation_items,
    operations,
    selected_parts,
)
from services.customers.models.register import register
from services.customers.models.timeline import (
    activities,
    attributes,
    customer_revenues,
    customer_summaries,
    history_entries,
    history_settings,
)

__all__ = [
    "COLUMNS",
    "LEDGER_PERSONAL",
    "OPERATIONS",
    "Customer",
    "OptInState",
    "activities",
    "attributes",
    "comparisons_due",
    "consent_ledger",
    "customer_changes",
    "customer_revenues",
    "customer_summaries",
    "customers",
    "differences",
    "duplicates",
    "email_key_of",
    "erasures",
    "group_ancestors",
    "groups",
    "history_entries",
    "history_settings",
    "memberships",
    "merges",
    "metadata",
    "operation_items",
    "operations",
    "plain",
    "register",
    "restored",
    "search_terms",
    "selected_parts",
]
