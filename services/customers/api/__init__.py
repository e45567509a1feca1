"""The HTTP door of the customers service."""

from services.customers.api import (
    activities,
    batch,
    bulk,
    consent,
    customers,
    duplicates,
    erasures,
    everybody,
    history,
    merges,
    operations,
    personal_data,
)
from services.customers.api.blueprint import BLUEPRINTS

__all__ = [
    "BLUEPRINTS",
    "activities",
    "batch",
    "bulk",
    "consent",
    "customers",
    "duplicates",
    "erasures",
    "everybody",
    "history",
    "merges",
    "operations",
    "personal_data",
]
