"""Acts on many customers: each one unit that is shown, counted and can be taken back."""

from services.groups.models.base import Base
from shared.operations import operation_tables

OPERATIONS = operation_tables(Base.metadata)
