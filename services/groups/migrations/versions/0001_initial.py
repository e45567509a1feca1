"""The group tree, memberships, attributes and their values, and the copy of customers."""

import sqlalchemy as sa
from alembic import op

from shared.db.types import BigId, JsonDocument, UtcDateTime
from shared.migrations import create_shared_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_shared_tables()
    create_tree()
    create_memberships()
    create_attributes()
    create_contacts()


def create_tree() -> None:
    op.create_table(
        "groups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("path_hash", sa.Text(), nullable=False),
        sa.Column(
            "path_sort",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=True),
        sa.Column("topic", sa.Boolean(), nullable=False),
        sa.Column("default_for", JsonDocument, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
        sa.ForeignKeyConstraint(["parent_id"], ["groups.id"], name="fk_groups_parent_id"),
        sa.UniqueConstraint("path_hash", name="uq_groups_path_hash"),
    )
    op.create_index("ix_groups_parent_id", "groups", ["parent_id"])
    op.create_index("ix_groups_path_sort", "groups", ["path_sort"])
    op.create_table(
        "group_ancestors",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("ancestor_id", sa.Uuid(), nullable=False),
        sa.Column("depth", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "ancestor_id", name="pk_group_ancestors"),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name="fk_group_ancestors_group_id"),
        sa.ForeignKeyConstraint(
            ["ancestor_id"], ["groups.id"], name="fk_group_ancestors_ancestor_id"
        ),
    )
    op.create_index(
        "ix_group_ancestors_ancestor_id", "group_ancestors", ["ancestor_id", "group_id"]
    )
    op.create_table(
        "group_counts",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.Column("members_with_subgroups", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", name="pk_group_counts"),
    )
    op.create_table(
        "group_count_changes",
        sa.Column("id", BigId, sa.Identity(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.Column("members_with_subgroups", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_group_count_changes"),
    )
    op.create_index("ix_group_count_changes_group_id", "group_count_changes", ["group_id"])


def create_memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "group_id", name="pk_memberships"),
    )
    op.create_index("ix_memberships_group_id", "memberships", ["group_id", "customer_id"])
    op.create_table(
        "past_memberships",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("ended_source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "group_id", "since", name="pk_past_memberships"),
    )
    op.create_index("ix_past_memberships_group_id", "past_memberships", ["group_id", "customer_id"])


def create_attributes() -> None:
    op.create_table(
        "attributes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", JsonDocument, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("required_staff", sa.Boolean(), nullable=False),
        sa.Column("required_form", sa.Boolean(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=True),
        sa.Column("pattern_hint", sa.Text(), nullable=True),
        sa.Column("choices", JsonDocument, nullable=False),
        sa.Column("help", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attributes"),
        sa.UniqueConstraint("scope", "key", name="uq_attributes_scope_key"),
    )
    op.create_table(
        "attribute_values",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("document", JsonDocument, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name="pk_attribute_values"),
    )


def create_contacts() -> None:
    texts = (
        "salutation title first_name last_name company email phone mobile street postal_code city"
    )
    op.create_table(
        "contacts",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("active_version", sa.BigInteger(), nullable=False),
        sa.Column("mentioned_at", UtcDateTime(), nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("registered_at", UtcDateTime(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=True) for name in [*texts.split(), "country"]),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("sources", JsonDocument, nullable=False),
        sa.Column("opt_in", sa.Text(), nullable=False),
        sa.Column("opt_in_confirmed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name="pk_contacts"),
    )
    op.create_index(
        "ix_contacts_mentioned_at",
        "contacts",
        ["mentioned_at"],
        postgresql_where=sa.text("version = 0"),
        sqlite_where=sa.text("version = 0"),
    )
