"""The questions: single customers, people matching keys, lists and their groups, the consent ledger."""

from services.customers.queries.consent import ledger_of
from services.customers.queries.lists import Filter, List, customer_list, groups_of
from services.customers.queries.people import (
    customer_of,
    family_of,
    find,
    ids_by_email,
    one_of,
    people_by_email,
    people_by_id,
    people_by_number,
    survivor_of,
    versions_held,
)

__all__ = [
    "Filter",
    "List",
    "customer_list",
    "customer_of",
    "family_of",
    "find",
    "groups_of",
    "ids_by_email",
    "ledger_of",
    "one_of",
    "people_by_email",
    "people_by_id",
    "people_by_number",
    "survivor_of",
    "versions_held",
]
