"""Web forms, what was sent in by them, and how often somebody may."""

import sqlalchemy as sa
from alembic import op

from shared.db.types import JsonDocument, UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "forms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("intro", sa.Text(), nullable=False),
        sa.Column("fields", JsonDocument, nullable=False),
        sa.Column("groups_label", sa.Text(), nullable=True),
        sa.Column("consent_text", sa.Text(), nullable=False),
        sa.Column("consent_version", sa.BigInteger(), nullable=False),
        sa.Column("success_text", sa.Text(), nullable=False),
        sa.Column("submit_label", sa.Text(), nullable=True),
        sa.Column("double_opt_in", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("allowed_origins", JsonDocument, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_forms"),
        sa.UniqueConstraint("slug", name="uq_forms_slug"),
    )
    op.create_table(
        "form_groups",
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("preselected", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("form_id", "group_id", name="pk_form_groups"),
        sa.ForeignKeyConstraint(["form_id"], ["forms.id"], name="fk_form_groups_form_id"),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name="fk_form_groups_group_id"),
    )
    op.create_index("ix_form_groups_group_id", "form_groups", ["group_id"])
    op.create_table(
        "form_consents",
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("form_id", "version", name="pk_form_consents"),
    )
    op.create_table(
        "form_submissions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("form_title", sa.Text(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("fields", JsonDocument, nullable=False),
        sa.Column("customer_values", JsonDocument, nullable=False),
        sa.Column("booking_values", JsonDocument, nullable=False),
        sa.Column("group_ids", JsonDocument, nullable=False),
        sa.Column("consent_version", sa.BigInteger(), nullable=True),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("remote_address", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_form_submissions"),
        sa.UniqueConstraint("request_key", name="uq_form_submissions_request_key"),
    )
    for columns in (["form_id", "id"], ["customer_id"], ["email_key"], ["received_at"]):
        op.create_index(f"ix_form_submissions_{columns[0]}", "form_submissions", columns)
    op.create_table(
        "form_attempts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "until", name="pk_form_attempts"),
    )
    op.create_index("ix_form_attempts_until", "form_attempts", ["until"])
