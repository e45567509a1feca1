"""Acts on many customers as one unit."""

from shared.migrations import create_operation_tables

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    create_operation_tables()
