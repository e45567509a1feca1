"""Saved selections, what uses them, and customers' texts as they are compared."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.db.types import JsonDocument, UtcDateTime
from shared.values import name_sort, sort_key

revision = "0004"
down_revision = "0003"

AT_ONCE = 5_000
FOLDED = (
    "salutation", "title", "first_name", "last_name", "company", "email", "phone", "mobile", "street",
    "postal_code", "city", "country", "language", "note",
)  # fmt: skip

contacts = sa.table(
    "contacts",
    sa.column("customer_id", sa.Uuid()),
    *(sa.column(name, sa.Text()) for name in (*FOLDED, "name_sort")),
    sa.column("folded", JsonDocument),
)
values = sa.table(
    "attribute_values",
    sa.column("customer_id", sa.Uuid()),
    sa.column("document", JsonDocument),
    sa.column("folded", JsonDocument),
)


def upgrade() -> None:
    code_points = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    for table in ("contacts", "attribute_values"):
        folded = sa.Column("folded", JsonDocument, nullable=False, server_default="{}")
        op.add_column(table, folded)
    op.add_column(
        "contacts", sa.Column("name_sort", code_points, nullable=False, server_default="")
    )
    _fold(
        contacts,
        lambda row: {"folded": _folded((n, row[n]) for n in FOLDED), "name_sort": _sorted(row)},
    )
    _fold(values, lambda row: {"folded": _keys(row["document"])})
    op.create_index("ix_contacts_name_sort", "contacts", ["name_sort", "customer_id"])
    op.create_table(
        "selections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", code_points, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("filter", JsonDocument, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_selections"),
        sa.UniqueConstraint("name_key", name="uq_selections_name_key"),
    )
    op.create_table(
        "selection_references",
        sa.Column("selection_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("selection_id", "kind", "target", name="pk_selection_references"),
        sa.ForeignKeyConstraint(
            ["selection_id"], ["selections.id"], name="fk_selection_references_selection_id"
        ),
    )
    op.create_index("ix_selection_references_target", "selection_references", ["kind", "target"])
    op.create_table(
        "selection_uses",
        sa.Column("selection_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("selection_id", "kind", "user_id", name="pk_selection_uses"),
        sa.ForeignKeyConstraint(
            ["selection_id"], ["selections.id"], name="fk_selection_uses_selection_id"
        ),
    )


def _folded(texts: Any) -> dict[str, str]:
    return {
        name: sort_key(text)
        for name, text in texts
        if isinstance(text, str) and sort_key(text) != text
    }


def _keys(document: dict[str, Any]) -> dict[str, str]:
    return {key: sort_key(value) for key, value in document.items() if isinstance(value, str)}


def _sorted(row: Any) -> str:
    otherwise = row["company"] or row["email"] or row["phone"] or row["mobile"] or ""
    return name_sort(row["last_name"], row["first_name"], otherwise)


def _fold(table: Any, changed: Any) -> None:
    """Work out the new columns of the rows that there are, a part at a time."""
    connection = op.get_bind()
    key = table.c.customer_id
    update = sa.update(table).where(key == sa.bindparam("of"))
    last = None
    while True:
        some = sa.select(table).order_by(key).limit(AT_ONCE)
        rows = connection.execute(some if last is None else some.where(key > last)).mappings().all()
        if not rows:
            return
        last = rows[-1]["customer_id"]
        connection.execute(update, [{"of": row["customer_id"], **changed(row)} for row in rows])
