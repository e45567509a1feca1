"""The verbs: everything that can be done with groups, memberships, attributes and their values."""

from services.groups.actions.actor import Actor
from services.groups.actions.attributes import (
    change_attribute,
    define_attribute,
    remove_attribute,
)
from services.groups.actions.contacts import (
    erase_contacts,
    forget_unknown,
    note_activity,
    note_contacts,
)
from services.groups.actions.counts import sum_up_counts
from services.groups.actions.default_groups import add_to_default_groups
from services.groups.actions.facts import keep_activities, keep_history, keep_mails
from services.groups.actions.forms import change_form, create_form, delete_form
from services.groups.actions.memberships import (
    Change,
    Outcome,
    add_customer_to_group,
    add_customers_to_group,
    change_memberships,
    remove_customer_from_group,
)
from services.groups.actions.merging import merge_people, undo_merges
from services.groups.actions.moves import Telling
from services.groups.actions.operations import ENGINE as OPERATIONS
from services.groups.actions.operations import add_selected, remove_selected
from services.groups.actions.paths import Wanted, change_memberships_by_path
from services.groups.actions.selecting import answer_selections
from services.groups.actions.selections import (
    change_selection,
    delete_selection,
    end_use,
    report_use,
    save_selection,
)
from services.groups.actions.submissions import (
    Limit,
    accept_submission,
    count_attempt,
    expire_submissions,
    settle_submissions,
    take_submission,
)
from services.groups.actions.topics import follow_choices, repeat_refusals
from services.groups.actions.tree import change_group, create_group, delete_group
from services.groups.actions.undoing import undo_memberships, undo_values
from services.groups.actions.values import Given as GivenValues
from services.groups.actions.values import ValuesOutcome, change_values, change_values_of

__all__ = [
    "OPERATIONS",
    "Actor",
    "Change",
    "GivenValues",
    "Limit",
    "Outcome",
    "Telling",
    "ValuesOutcome",
    "Wanted",
    "accept_submission",
    "add_customer_to_group",
    "add_customers_to_group",
    "add_selected",
    "add_to_default_groups",
    "answer_selections",
    "change_attribute",
    "change_form",
    "change_group",
    "change_memberships",
    "change_memberships_by_path",
    "change_selection",
    "change_values",
    "change_values_of",
    "count_attempt",
    "create_form",
    "create_group",
    "define_attribute",
    "delete_form",
    "delete_group",
    "delete_selection",
    "end_use",
    "erase_contacts",
    "expire_submissions",
    "follow_choices",
    "forget_unknown",
    "keep_activities",
    "keep_history",
    "keep_mails",
    "merge_people",
    "note_activity",
    "note_contacts",
    "remove_attribute",
    "remove_customer_from_group",
    "remove_selected",
    "repeat_refusals",
    "report_use",
    "save_selection",
    "settle_submissions",
    "sum_up_counts",
    "take_submission",
    "undo_memberships",
    "undo_merges",
    "undo_values",
]
