"""What this service prints."""

from services.customers.printing.consent_proof import print_consent_proof

__all__ = ["print_consent_proof"]
