"""Whose a group is: the business's own, or the head office's. The groups service tells of those anew."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("groups", sa.Column("origin", sa.Text(), nullable=False, server_default="local"))
