"""Customers who are one: where their rows have come from, and how to give them back."""

import sqlalchemy as sa
from alembic import op

from shared.db.types import JsonDocument

revision = "0002"
down_revision = "0001"

MOVING = ("enrolments", "mails", "invitations")


def upgrade() -> None:
    op.add_column("recipients", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.add_column(
        "recipients",
        sa.Column("merge_version", sa.BigInteger(), nullable=False, server_default="0"),
    )
    _index("recipients", "merged_into")
    for table in MOVING:
        op.add_column(table, sa.Column("entered_as", sa.Uuid(), nullable=True))
        _index(table, "entered_as")
    op.add_column("enrolments", sa.Column("merge_note", JsonDocument, nullable=True))
    op.add_column(
        "memberships",
        sa.Column("by_merge", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def _index(table: str, column: str) -> None:
    """Only a few rows have a value there."""
    some = sa.text(f"{column} IS NOT NULL")
    op.create_index(
        f"ix_{table}_{column}", table, [column], postgresql_where=some, sqlite_where=some
    )
