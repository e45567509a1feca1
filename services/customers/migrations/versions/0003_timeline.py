"""What happened with customers: activities, their sums, history entries and what may stand in them."""

import sqlalchemy as sa
from alembic import op

from shared.db.types import JsonDocument, UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "activities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text()),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("revenue_cents", sa.BigInteger()),
        sa.Column("currency", sa.Text()),
        sa.Column("attributes", JsonDocument, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_activities"),
    )
    op.create_index("ix_activities_customer_id", "activities", ["customer_id", "occurred_at", "id"])
    op.create_index(
        "ix_activities_external_id", "activities", ["source", "external_id"], unique=True
    )
    op.create_table(
        "customer_summaries",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("last_visit_at", UtcDateTime()),
        sa.Column("contact_count", sa.BigInteger(), nullable=False),
        sa.Column("last_revenue_at", UtcDateTime()),
        sa.Column("last_revenue_id", sa.Uuid()),
        sa.Column("last_revenue_cents", sa.BigInteger()),
        sa.Column("last_revenue_currency", sa.Text()),
        sa.PrimaryKeyConstraint("customer_id", name="pk_customer_summaries"),
    )
    op.create_table(
        "customer_revenues",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "currency", name="pk_customer_revenues"),
    )
    op.create_table(
        "history_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("staff", sa.Text()),
        sa.Column("info", sa.Text()),
        sa.Column("action", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("attributes", JsonDocument, nullable=False),
        sa.Column("operation_id", sa.Uuid()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_history_entries"),
    )
    op.create_index(
        "ix_history_entries_customer_id", "history_entries", ["customer_id", "date", "id"]
    )
    op.create_index(
        "ix_history_entries_operation_id",
        "history_entries",
        ["operation_id", "customer_id"],
        postgresql_where=sa.text("operation_id IS NOT NULL"),
        sqlite_where=sa.text("operation_id IS NOT NULL"),
    )
    settings = op.create_table(
        "history_settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("infos", JsonDocument, nullable=False),
        sa.Column("actions", JsonDocument, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_history_settings"),
        sa.CheckConstraint("id = 1", name="ck_history_settings_one_row"),
    )
    op.bulk_insert(settings, [{"id": 1, "version": 1, "infos": [], "actions": []}])
    op.create_table(
        "attributes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", JsonDocument, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("choices", JsonDocument, nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("pattern", sa.Text()),
        sa.Column("pattern_hint", sa.Text()),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attributes"),
    )
