"""Merges as pointers, what likely twins are found by, and bulk acts that can be taken back."""

import sqlalchemy as sa
from alembic import op

from services.customers.models.keys import name_code, phone_key
from shared.db.types import JsonDocument
from shared.migrations import create_operation_tables
from shared.values import name_sort

revision = "0002"
down_revision = "0001"

KEY_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
AT_ONCE = 5_000
KEYS = ("phone_key", "mobile_key", "name_code")


def upgrade() -> None:
    _extend_customers()
    _fill_keys()
    # Of a name that thousands have, only those from the same place or with the same birthday are compared.
    for column, *further in (
        ("phone_key",),
        ("mobile_key",),
        ("name_code", "postal_code", "birthday"),
    ):
        present = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_customers_{column}",
            "customers",
            [column, *further],
            postgresql_where=present,
            sqlite_where=present,
        )
    # For lists of the few who are neither: not asked, or from another source.
    living = sa.text("erased_at IS NULL")
    for column in ("opt_in_state", "sources"):
        op.create_index(
            f"ix_customers_{column}",
            "customers",
            [column],
            postgresql_where=living,
            sqlite_where=living,
        )
    merged = sa.text("merged_into IS NOT NULL")
    op.create_index(
        "ix_customers_merged_into",
        "customers",
        ["merged_into"],
        postgresql_where=merged,
        sqlite_where=merged,
    )
    by_operation = sa.text("switched_by IS NOT NULL")
    op.create_index(
        "ix_customers_switched_by",
        "customers",
        ["switched_by", "id"],
        postgresql_where=by_operation,
        sqlite_where=by_operation,
    )
    _create_operations()


def _extend_customers() -> None:
    # One by one: a batch would write the table anew on SQLite and lose its triggers.
    op.add_column("customers", sa.Column("merged_into", sa.Uuid()))
    op.add_column(
        "customers", sa.Column("former_numbers", sa.Text(), nullable=False, server_default="")
    )
    op.add_column("customers", sa.Column("switched_by", sa.Uuid()))
    op.add_column("customers", sa.Column("phone_key", KEY_TEXT))
    op.add_column("customers", sa.Column("mobile_key", KEY_TEXT))
    op.add_column("customers", sa.Column("name_code", KEY_TEXT))


def _fill_keys() -> None:
    """Work the keys out for customers that are there already."""
    customers = sa.table(
        "customers",
        *(
            sa.column(name, sa.Uuid() if name == "id" else sa.Text())
            for name in (
                "id", "first_name", "last_name", "company", "phone", "mobile", "phone_key",
                "mobile_key", "name_code", "email", "name_sort",
            )
        ),
    )  # fmt: skip
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(
            customers.c.id,
            customers.c.first_name,
            customers.c.last_name,
            customers.c.company,
            customers.c.phone,
            customers.c.mobile,
            customers.c.email,
        )
    ).all()
    keys = [
        {
            "row": row.id,
            "phone_key": phone_key(row.phone, "DE"),
            "mobile_key": phone_key(row.mobile, "DE"),
            "name_code": name_code(row.last_name, row.first_name, row.company),
            "name_sort": name_sort(
                row.last_name,
                row.first_name,
                row.company or row.email or row.phone or row.mobile or "",
            ),
        }
        for row in rows
    ]
    change = (
        sa.update(customers)
        .where(customers.c.id == sa.bindparam("row"))
        .values({name: sa.bindparam(name) for name in (*KEYS, "name_sort")})
    )
    for start in range(0, len(keys), AT_ONCE):
        connection.execute(change, keys[start : start + AT_ONCE])


def _create_operations() -> None:
    create_operation_tables()
    op.create_table(
        "merges",
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("loser_id", sa.Uuid(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("changed", JsonDocument, nullable=False),
        sa.PrimaryKeyConstraint("operation_id", "loser_id", name="pk_merges"),
        sa.ForeignKeyConstraint(["operation_id"], ["operations.id"], name="fk_merges_operation_id"),
    )
    op.create_index("ix_merges_loser_id", "merges", ["loser_id"])
    op.create_index("ix_merges_survivor_id", "merges", ["survivor_id"])
