"""What customers were before each change: for stale spreadsheets, and for taking an import back."""

import sqlalchemy as sa
from alembic import op

from shared.db.types import JsonDocument, UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "customer_changes",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("replaced", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("reference", sa.Uuid()),
        sa.Column("before", JsonDocument, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "version", name="pk_customer_changes"),
    )
    op.create_index("ix_customer_changes_changed_at", "customer_changes", ["changed_at"])
