"""Whose time zone a sequence's mails go by."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "sequences",
        sa.Column("zone_of", sa.Text(), nullable=False, server_default="business"),
    )
