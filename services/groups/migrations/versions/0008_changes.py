"""What values were before each change, and what ended a membership: for old files, and to undo an import."""

import sqlalchemy as sa
from alembic import op

from shared.db.types import JsonDocument, UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("past_memberships", sa.Column("ended_reference", sa.Text()))
    op.create_table(
        "value_changes",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("replaced_at", UtcDateTime()),
        sa.Column("reference", sa.Text()),
        sa.Column("before", JsonDocument, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "version", name="pk_value_changes"),
    )
    op.create_index("ix_value_changes_changed_at", "value_changes", ["changed_at"])
