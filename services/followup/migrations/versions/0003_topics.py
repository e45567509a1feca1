"""Groups that are topics, and what customers chose of them."""

import sqlalchemy as sa
from alembic import op

from shared.db.types import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # Filled in by the groups service, which tells every group anew.
    op.add_column(
        "groups", sa.Column("topic", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("groups", sa.Column("description", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "topic_choices",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("chosen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "group_id", name="pk_topic_choices"),
    )
