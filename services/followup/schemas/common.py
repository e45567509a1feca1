"""What several of them check."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import ValidationError

from services.followup.messages.headers import BadAddress, address


def mail_address(value: str) -> None:
    try:
        address(value)
    except BadAddress as error:
        raise ValidationError(error.problem) from None


def one_of(*choices: str) -> ma.validate.OneOf:
    return ma.validate.OneOf(choices)
