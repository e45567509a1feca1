"""What the customers service reads from its environment."""

from __future__ import annotations

from pydantic import Field

import shared.config


class Settings(shared.config.Settings):
    service = "customers"

    business_currency: str = Field(
        "EUR", pattern="^[A-Z]{3}$", description="ISO 4217: what revenues are in unless they say so"
    )

    consent_wording: str = Field(
        "Ich möchte Neuigkeiten und Angebote per E-Mail erhalten. "
        "Diese Einwilligung kann ich jederzeit widerrufen.",
        min_length=1,
        max_length=2000,
        description="what customers agree to, where a request for opt-in brings no wording of its own",
    )
