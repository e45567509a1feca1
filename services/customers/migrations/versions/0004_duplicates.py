"""Pairs of customers who may be one person, and who is still to be compared."""

import sqlalchemy as sa
from alembic import op

from shared.db.types import JsonDocument, UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "duplicates",
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("exact", sa.Boolean(), nullable=False),
        sa.Column("reasons", JsonDocument, nullable=False),
        sa.Column("dismissed_at", UtcDateTime()),
        sa.Column("dismissed_by", sa.Text()),
        sa.PrimaryKeyConstraint("first_id", "second_id", name="pk_duplicates"),
        sa.CheckConstraint("first_id < second_id", name="ck_duplicates_in_order"),
    )
    op.create_index("ix_duplicates_second_id", "duplicates", ["second_id"])
    op.create_index("ix_duplicates_score", "duplicates", ["score", "first_id", "second_id"])
    op.create_table(
        "comparisons_due",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name="pk_comparisons_due"),
    )
    op.execute("INSERT INTO comparisons_due SELECT id FROM customers WHERE erased_at IS NULL")
