"""The HTTP door of the customers service."""

from services.customers.api import batch, consent, customers
from services.customers.api.blueprint import blueprint

BLUEPRINTS = [blueprint]

__all__ = ["BLUEPRINTS", "batch", "consent", "customers"]
