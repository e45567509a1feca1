"""What all mailers know together: who refused a sender lately, and when the next mail may go."""

import sqlalchemy as sa
from alembic import op

from shared.db.types import UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "refusals",
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("refused_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sender", "domain", "customer_id", name="pk_refusals"),
    )
    op.create_index("ix_refusals_refused_at", "refusals", ["refused_at"])
    op.create_table(
        "send_slots",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name="pk_send_slots"),
    )
