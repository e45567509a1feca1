"""The verbs of the customers service."""

from services.customers.actions.activities import Activity, OwnMail, record_own_mails
from services.customers.actions.attributes import AttributeNews, learn_attributes, read_values
from services.customers.actions.batch import take_batch
from services.customers.actions.changes import Changes
from services.customers.actions.comparing import CHANNEL as COMPARISONS
from services.customers.actions.comparing import compare_due, dismiss_pair, restore_pair
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
    reactivate_customer,
    register_customer,
)
from services.customers.actions.deactivation import count_without_opt_in
from services.customers.actions.erasing import erase_customer, note_forgotten
from services.customers.actions.forms import Sent as SentForm
from services.customers.actions.forms import take_forms
from services.customers.actions.history import add_entry, change_entry, delete_entry, offer
from services.customers.actions.history_batch import add_entry_for_all, count_for_entry
from services.customers.actions.intake import take_in
from services.customers.actions.merging import Merge, merge_clusters, merge_customers
from services.customers.actions.operations import ENGINE as OPERATIONS
from services.customers.actions.operations import (
    act_on,
    deactivate_without_opt_in,
    undo_operation,
)
from services.customers.actions.recognising import Description
from services.customers.actions.selecting import Part as SelectedPart
from services.customers.actions.selecting import take_selected
from services.customers.actions.undoing import undo_import
from services.customers.actions.whom import Asked, count_eligible

__all__ = [
    "COMPARISONS",
    "OPERATIONS",
    "Activity",
    "Asked",
    "AttributeNews",
    "Changes",
    "Description",
    "GroupNews",
    "MembershipNews",
    "Merge",
    "OwnMail",
    "Proof",
    "SelectedPart",
    "SentForm",
    "accept_opt_ins",
    "act_on",
    "add_entry",
    "add_entry_for_all",
    "change_customer",
    "change_entry",
    "change_opt_in",
    "compare_due",
    "count_eligible",
    "count_for_entry",
    "count_without_opt_in",
    "deactivate_customer",
    "deactivate_without_opt_in",
    "delete_entry",
    "dismiss_pair",
    "erase_customer",
    "learn_attributes",
    "learn_groups",
    "learn_memberships",
    "merge_clusters",
    "merge_customers",
    "note_forgotten",
    "offer",
    "reactivate_customer",
    "read_values",
    "record_own_mails",
    "register_customer",
    "restore_pair",
    "revoke_opt_ins",
    "take_batch",
    "take_forms",
    "take_in",
    "take_selected",
    "undo_import",
    "undo_operation",
    "wording_version",
]
