"""Merged customers, and the fields that history entries have unless somebody defined others."""

import sqlalchemy as sa
from alembic import op

from shared.db import new_id, utcnow
from shared.db.types import JsonDocument, UtcDateTime
from shared.events.base import encode
from shared.events.groups import AttributeDefined
from shared.tables import outbox

revision = "0002"
down_revision = "0001"

OWN_FIELDS = [
    *((f"Feld {number}", f"Field {number}", "text") for number in (1, 2, 3, 4)),
    *((f"Feld {number}", f"Field {number}", "yes_no") for number in (5, 6)),
]
TOLD = ("booking", "history")
AT_ONCE = 500

attributes = sa.table(
    "attributes",
    sa.column("id", sa.Uuid()),
    sa.column("scope", sa.Text()),
    sa.column("key", sa.Text()),
    sa.column("label", JsonDocument),
    sa.column("type", sa.Text()),
    sa.column("required_staff", sa.Boolean()),
    sa.column("required_form", sa.Boolean()),
    sa.column("pattern", sa.Text()),
    sa.column("pattern_hint", sa.Text()),
    sa.column("choices", JsonDocument),
    sa.column("help", sa.Text()),
    sa.column("position", sa.BigInteger()),
    sa.column("origin", sa.Text()),
    sa.column("version", sa.BigInteger()),
    sa.column("created_at", UtcDateTime()),
    sa.column("updated_at", UtcDateTime()),
)


def upgrade() -> None:
    op.add_column("contacts", sa.Column("merged_into", sa.Uuid()))
    op.add_column(
        "contacts",
        sa.Column("merge_version", sa.BigInteger(), nullable=False, server_default="0"),
    )
    merged = sa.text("merged_into IS NOT NULL")
    for name, columns in (
        ("ix_contacts_merged", ["customer_id", "merged_into"]),
        ("ix_contacts_merged_into", ["merged_into"]),
    ):
        op.create_index(name, "contacts", columns, postgresql_where=merged, sqlite_where=merged)
    op.create_table(
        "merge_records",
        sa.Column("loser_id", sa.Uuid(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("merged_at", UtcDateTime(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("memberships", JsonDocument, nullable=False),
        sa.Column("filled", JsonDocument, nullable=False),
        sa.PrimaryKeyConstraint("loser_id", name="pk_merge_records"),
    )
    op.create_index("ix_merge_records_survivor_id", "merge_records", ["survivor_id"])
    _define_own_fields()
    _tell()


def _define_own_fields() -> None:
    connection = op.get_bind()
    having = sa.select(sa.func.count()).where(attributes.c.scope == "history")
    if connection.scalar(having):
        return
    now = utcnow()
    op.bulk_insert(
        attributes,
        [
            {
                "id": new_id(),
                "scope": "history",
                "key": german.lower().replace(" ", "_"),
                "label": {"de": german, "en": english},
                "type": kind,
                "required_staff": False,
                "required_form": False,
                "pattern": None,
                "pattern_hint": None,
                "choices": [],
                "help": "",
                "position": position,
                "origin": "local",
                "version": 1,
                "created_at": now,
                "updated_at": now,
            }
            for position, (german, english, kind) in enumerate(OWN_FIELDS, start=1)
        ],
    )


def _tell() -> None:
    """Tell the definitions that others keep a copy of from now on, as they are."""
    connection = op.get_bind()
    now = utcnow()
    defined = connection.execute(
        sa.select(attributes)
        .where(attributes.c.scope.in_(TOLD))
        .order_by(attributes.c.scope, attributes.c.position, attributes.c.id)
    ).mappings()
    letters = []
    for attribute in defined:
        event_id = new_id()
        event = AttributeDefined(
            attribute_id=attribute["id"],
            **{
                name: attribute[name]
                for name in AttributeDefined.__struct_fields__
                if name != "attribute_id"
            },
        )
        letters.append(
            {
                "event_id": event_id,
                "name": event.name,
                "body": encode(event, event_id=event_id, time=now),
                "created_at": now,
            }
        )
    for start in range(0, len(letters), AT_ONCE):
        connection.execute(sa.insert(outbox), letters[start : start + AT_ONCE])
