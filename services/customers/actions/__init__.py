"""The verbs of the customers service."""

from services.customers.actions.batch import take_batch
from services.customers.actions.changes import Changes
from services.customers.actions.consent import (
    Proof,
    accept_opt_ins,
    change_opt_in,
    revoke_opt_ins,
    wording_version,
)
from services.customers.actions.copies import (
    GroupNews,
    MembershipNews,
    learn_groups,
    learn_memberships,
)
from services.customers.actions.customers import (
    change_customer,
    deactivate_customer,
    erase_customer,
    reactivate_customer,
    register_customer,
)

__all__ = [
    "Changes",
    "GroupNews",
    "MembershipNews",
    "Proof",
    "accept_opt_ins",
    "change_customer",
    "change_opt_in",
    "deactivate_customer",
    "erase_customer",
    "learn_groups",
    "learn_memberships",
    "reactivate_customer",
    "register_customer",
    "revoke_opt_ins",
    "take_batch",
    "wording_version",
]
