"""What else a profile remembers: how rows find their customers, dates, and names of groups."""

import sqlalchemy as sa
from alembic import op

from shared.db.types import JsonDocument

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("profiles", sa.Column("options", JsonDocument, nullable=True))
