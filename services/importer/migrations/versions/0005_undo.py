"""What an import has made, so that it can be taken back as one unit."""

import sqlalchemy as sa
from alembic import op

from shared.db.types import JsonDocument, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    nothing = sa.text("'[]'")
    op.add_column(
        "imports", sa.Column("created_groups", JsonDocument, nullable=False, server_default=nothing)
    )
    for name in ("undo_line", "undo_removed", "undo_restored", "undo_kept"):
        zero = sa.text("0")
        op.add_column(
            "imports", sa.Column(name, sa.BigInteger(), nullable=False, server_default=zero)
        )
    op.add_column("imports", sa.Column("undone_by", sa.Text()))
    op.add_column("imports", sa.Column("undo_started_at", UtcDateTime()))
    op.add_column("imports", sa.Column("undone_at", UtcDateTime()))
