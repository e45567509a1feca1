"""Operations that wait to hear whom a selection means."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "selected_parts",
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("operation_id", "part", name="pk_selected_parts"),
        sa.ForeignKeyConstraint(
            ["operation_id"], ["operations.id"], name="fk_selected_parts_operation_id"
        ),
    )
