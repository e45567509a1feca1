"""The nouns: groups in their tree, memberships, attributes, and a copy of what is known of customers."""

from services.groups.models.attributes import Attribute, AttributeValues, Scope, ValueChange
from services.groups.models.base import Base
from services.groups.models.contacts import Contact
from services.groups.models.facts import ActivityFact, HistoryFact, MailFact
from services.groups.models.forms import (
    Form,
    FormAttempts,
    FormConsent,
    FormGroup,
    Submission,
    SubmissionState,
)
from services.groups.models.memberships import Membership, PastMembership
from services.groups.models.merging import MergeRecord
from services.groups.models.operations import OPERATIONS
from services.groups.models.selections import Selection, SelectionReference, SelectionUse
from services.groups.models.topics import TopicChoice
from services.groups.models.tree import (
    Group,
    GroupAncestor,
    GroupCount,
    GroupCountChange,
    path_keys,
    path_levels,
)

__all__ = [
    "OPERATIONS",
    "ActivityFact",
    "Attribute",
    "AttributeValues",
    "Base",
    "Contact",
    "Form",
    "FormAttempts",
    "FormConsent",
    "FormGroup",
    "Group",
    "GroupAncestor",
    "GroupCount",
    "GroupCountChange",
    "HistoryFact",
    "MailFact",
    "Membership",
    "MergeRecord",
    "PastMembership",
    "Scope",
    "Selection",
    "SelectionReference",
    "SelectionUse",
    "Submission",
    "SubmissionState",
    "TopicChoice",
    "ValueChange",
    "path_keys",
    "path_levels",
]
