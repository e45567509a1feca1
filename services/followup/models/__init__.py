"""The nouns: whom we may write to, what we write, and every single mail."""

from services.followup.models.base import Base
from services.followup.models.mails import (
    Invitation,
    Mail,
    MailState,
    Phase,
)
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

__all__ = [
    "Attribute",
    "AttributeValues",
    "Base",
    "CircuitBreaker",
    "Consent",
    "Enrolment",
    "EnrolmentState",
    "Group",
    "Invitation",
    "Mail",
    "MailState",
    "Membership",
    "Phase",
    "Policies",
    "Recipient",
    "Refusal",
    "Secret",
    "SendSlot",
    "Sequence",
    "SequenceState",
    "SequenceVersion",
    "StartGroup",
    "Step",
    "Suppression",
    "TopicChoice",
]
