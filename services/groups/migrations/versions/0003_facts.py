"""What selections ask about beside customers: history, activities, mails."""

import sqlalchemy as sa
from alembic import op

from shared.db.types import JsonDocument, UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "history_facts",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("staff", sa.Text(), nullable=True),
        sa.Column("info", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("folded", JsonDocument, nullable=False),
        sa.Column("attributes", JsonDocument, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_history_facts"),
    )
    op.create_index("ix_history_facts_customer_id", "history_facts", ["customer_id"])
    op.create_table(
        "activity_facts",
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("attributes", JsonDocument, nullable=False),
        sa.PrimaryKeyConstraint("activity_id", name="pk_activity_facts"),
    )
    op.create_index("ix_activity_facts_customer_id", "activity_facts", ["customer_id"])
    op.create_table(
        "mail_facts",
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("sequence_id", sa.Uuid(), nullable=True),
        sa.Column("mailing_id", sa.Uuid(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.Column("bounced_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("mail_id", name="pk_mail_facts"),
    )
    op.create_index("ix_mail_facts_customer_id", "mail_facts", ["customer_id"])
    for column in ("sequence_id", "mailing_id"):
        some = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_mail_facts_{column}",
            "mail_facts",
            [column, "customer_id"],
            postgresql_where=some,
            sqlite_where=some,
        )
