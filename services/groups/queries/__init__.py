"""The questions: what is where, who is in it, and what is known of whom."""

from services.groups.queries.attributes import (
    attribute,
    attributes_of,
    customer_attributes,
    having,
    list_attributes,
    uses_of,
    values_of,
)
from services.groups.queries.data import person_data
from services.groups.queries.memberships import (
    groups_of,
    list_members,
    list_memberships,
)
from services.groups.queries.people import (
    erased_of,
    family_of,
    followed,
    merges_of,
    survivor_of,
    survivors_above,
)
from services.groups.queries.tree import (
    Counts,
    GroupView,
    Place,
    ancestors_of,
    default_groups,
    find_groups,
    group,
    groups_by_hash,
    list_groups,
    member_counts,
    places_of,
)

__all__ = [
    "Counts",
    "GroupView",
    "Place",
    "ancestors_of",
    "attribute",
    "attributes_of",
    "customer_attributes",
    "default_groups",
    "erased_of",
    "family_of",
    "find_groups",
    "followed",
    "group",
    "groups_by_hash",
    "groups_of",
    "having",
    "list_attributes",
    "list_groups",
    "list_members",
    "list_memberships",
    "member_counts",
    "merges_of",
    "person_data",
    "places_of",
    "survivor_of",
    "survivors_above",
    "uses_of",
    "values_of",
]
