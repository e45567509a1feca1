"""What is begun on many customers at once."""

from services.followup.models.base import Base
from shared.operations import operation_tables

OPERATIONS = operation_tables(Base.metadata)
