"""The questions: single customers, people matching keys, lists and their groups, the consent ledger."""

from services.customers.queries.bulk import READABLE, everybody, rows_of
from services.customers.queries.changes import changes_of, values_at
from services.customers.queries.consent import ledger_of
from services.customers.queries.duplicates import (
    PAIR_KEYS,
    anybody_due,
    comparisons_pending,
    count_pairs,
    exact_clusters,
    pair_list,
)
from services.customers.queries.erasures import erasure
from services.customers.queries.filters import Filter, HistoryFilter
from services.customers.queries.history import (
    entry_in_place,
    entry_of,
    history_page,
    settings_of_history,
)
from services.customers.queries.lists import List, customer_list, groups_of
from services.customers.queries.operations import (
    OPERATION_KEYS,
    merges_of,
    operation,
    operation_list,
)
from services.customers.queries.partners import COMPARED, comparable, partners
from services.customers.queries.people import (
    customer_of,
    erased_of,
    family_of,
    find,
    ids_by_email,
    merged_into,
    people_after,
    people_by_email,
    people_by_id,
    people_by_number,
    people_by_phone,
    present,
    survivor_of,
    versions_held,
)
from services.customers.queries.personal_data import personal_data
from services.customers.queries.timeline import (
    TIMELINE,
    Summary,
    activity_known_as,
    activity_of,
    definitions_of,
    living_family,
    summary_of,
    timeline,
)

__all__ = [
    "COMPARED",
    "OPERATION_KEYS",
    "PAIR_KEYS",
    "READABLE",
    "TIMELINE",
    "Filter",
    "HistoryFilter",
    "List",
    "Summary",
    "activity_known_as",
    "activity_of",
    "anybody_due",
    "changes_of",
    "comparable",
    "comparisons_pending",
    "count_pairs",
    "customer_list",
    "customer_of",
    "definitions_of",
    "entry_in_place",
    "entry_of",
    "erased_of",
    "erasure",
    "everybody",
    "exact_clusters",
    "family_of",
    "find",
    "groups_of",
    "history_page",
    "ids_by_email",
    "ledger_of",
    "living_family",
    "merged_into",
    "merges_of",
    "operation",
    "operation_list",
    "pair_list",
    "partners",
    "people_after",
    "people_by_email",
    "people_by_id",
    "people_by_number",
    "people_by_phone",
    "personal_data",
    "present",
    "rows_of",
    "settings_of_history",
    "summary_of",
    "survivor_of",
    "timeline",
    "values_at",
    "versions_held",
]
