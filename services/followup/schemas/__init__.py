"""What goes in and out over HTTP."""

from services.followup.schemas.addresses import (
    PreviewRequestSchema,
    PreviewSchema,
    PublicStateSchema,
    SuppressionArgs,
    SuppressionCreateSchema,
    SuppressionSchema,
)
from services.followup.schemas.foreseeing import ForecastSchema, ForeseeSchema
from services.followup.schemas.personal_data import (
    PersonalDataSchema,
)
from services.followup.schemas.preferences import (
    ChoiceSchema,
    PreferencesSchema,
    PublicPreferencesSchema,
)
from services.followup.schemas.sequences import (
    ActivatedSchema,
    ActivateSchema,
    SequenceArgs,
    SequenceCreateSchema,
    SequencePatchSchema,
    SequenceSchema,
    StatisticsSchema,
)
from services.followup.schemas.ways import (
    EnrolmentArgs,
    EnrolmentSchema,
    MailArgs,
    MailSchema,
    PlanSchema,
)

__all__ = [
    "ActivateSchema",
    "ActivatedSchema",
    "ChoiceSchema",
    "EnrolmentArgs",
    "EnrolmentSchema",
    "ForecastSchema",
    "ForeseeSchema",
    "MailArgs",
    "MailSchema",
    "PersonalDataSchema",
    "PlanSchema",
    "PreferencesSchema",
    "PreviewRequestSchema",
    "PreviewSchema",
    "PublicPreferencesSchema",
    "PublicStateSchema",
    "SequenceArgs",
    "SequenceCreateSchema",
    "SequencePatchSchema",
    "SequenceSchema",
    "StatisticsSchema",
    "SuppressionArgs",
    "SuppressionCreateSchema",
    "SuppressionSchema",
]
