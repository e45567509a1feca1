"""The nouns: whom we may write to, what we write, and every single mail."""

from services.followup.models.base import Base
from services.followup.models.mailings import Mailing, MailingState, TestMail
from services.followup.models.mails import (
    Invitation,
    Mail,
    MailState,
    Phase,
    Priority,
)
from services.followup.models.operations import OPERATIONS
from services.followup.models.people import (
    Attribute,
    AttributeValues,
    Consent,
    Group,
    Membership,
    Recipient,
    Secret,
    Suppression,
    TopicChoice,
)
from services.followup.models.selections import (
    SelectedCustomer,
    SelectionPart,
    SelectionRequest,
    SelectionState,
)
from services.followup.models.sending import CircuitBreaker, Refusal, SendSlot
from services.followup.models.sequences import (
    Enrolment,
    EnrolmentState,
    Policies,
    Sequence,
    SequenceState,
    SequenceVersion,
    StartGroup,
    Step,
)
from services.followup.models.statistics import Figure, StatChange, StatTotal

__all__ = [
    "OPERATIONS",
    "Attribute",
    "AttributeValues",
    "Base",
    "CircuitBreaker",
    "Consent",
    "Enrolment",
    "EnrolmentState",
    "Figure",
    "Group",
    "Invitation",
    "Mail",
    "MailState",
    "Mailing",
    "MailingState",
    "Membership",
    "Phase",
    "Policies",
    "Priority",
    "Recipient",
    "Refusal",
    "Secret",
    "SelectedCustomer",
    "SelectionPart",
    "SelectionRequest",
    "SelectionState",
    "SendSlot",
    "Sequence",
    "SequenceState",
    "SequenceVersion",
    "StartGroup",
    "StatChange",
    "StatTotal",
    "Step",
    "Suppression",
    "TestMail",
    "TopicChoice",
]
