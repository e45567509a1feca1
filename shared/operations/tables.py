"""The two tables that a service with operations has."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BigInteger, Boolean, Column, Index, MetaData, Table, Text, Uuid, text

from shared.db.types import JsonDocument, UtcDateTime

AT_WORK = ("running", "undoing")
ENDED = ("finished", "failed", "undone")

_AT_WORK = text("state IN ('running', 'undoing')")


class OperationTables(NamedTuple):
    """`operations`, and `items`: what each of them is about."""

    operations: Table
    items: Table


def operation_tables(metadata: MetaData) -> OperationTables:
    """Return a service's tables, made by `shared.migrations.create_operation_tables`.

    `operations.count` things are concerned, and `done` of them so far; `changed`: those to which anything was
    done; `kept`: left alone when it was taken back. An operation whose list is still to come has no count.

    `items` is fixed when an operation begins: a million rows at once, without a foreign key to check.
    `changed_at`: when the operation changed this one; none if there was nothing to change.
    """
    operations = Table(
        "operations",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("count", BigInteger),
        Column("done", BigInteger, nullable=False),
        Column("changed", BigInteger, nullable=False),
        Column("kept", BigInteger, nullable=False),
        Column("request", JsonDocument, nullable=False),
        Column("failure", Text),
        Column("failure_de", Text),
        Column("created_at", UtcDateTime, nullable=False),
        Column("created_by", Text, nullable=False),
        Column("finished_at", UtcDateTime),
        Column("undone_at", UtcDateTime),
        Column("undone_by", Text),
        Index("ix_operations_at_work", "id", postgresql_where=_AT_WORK, sqlite_where=_AT_WORK),
    )
    items = Table(
        "operation_items",
        metadata,
        Column("operation_id", Uuid, primary_key=True),
        Column("item_id", Uuid, primary_key=True),
        Column("done", Boolean, nullable=False),
        Column("changed_at", UtcDateTime),
    )
    return OperationTables(operations, items)
