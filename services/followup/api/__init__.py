"""The HTTP door: parse, open the transaction, call one action or query, answer."""

from services.followup.api.enrolments import enrolments
from services.followup.api.mails import mails
from services.followup.api.personal_data import personal_data
from services.followup.api.preferences import preferences, public_preferences
from services.followup.api.previews import previews
from services.followup.api.public import public
from services.followup.api.sequences import sequences
from services.followup.api.suppressions import suppressions
from services.followup.api.urgent import urgent

BLUEPRINTS = [
    sequences, enrolments, mails, previews, suppressions, public, urgent, personal_data,
    public_preferences, preferences,
]  # fmt: skip

__all__ = ["BLUEPRINTS"]
