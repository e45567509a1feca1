"""Figures that are counted as they come about, acts in pieces, and ways that change their version."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from shared.db.types import BigId, JsonDocument, UtcDateTime
from shared.migrations import create_operation_tables

revision = "0008"
down_revision = "0007"

_ENDED = ("sent", "uncertain", "failed", "bounced", "skipped")


def upgrade() -> None:
    op.add_column("sequence_versions", sa.Column("created_by", sa.Text(), nullable=True))
    op.add_column(
        "sequence_versions",
        sa.Column("used", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("enrolments", sa.Column("passed", JsonDocument, nullable=True))
    op.add_column("enrolments", sa.Column("thinned_at", UtcDateTime(), nullable=True))
    op.create_index("ix_enrolments_sequence_id_state", "enrolments", ["sequence_id", "state"])
    unthinned = sa.text("ended_at IS NOT NULL AND thinned_at IS NULL")
    op.create_index(
        "ix_enrolments_ended_at",
        "enrolments",
        ["ended_at"],
        postgresql_where=unthinned,
        sqlite_where=unthinned,
    )
    op.add_column("mails", sa.Column("ended_at", UtcDateTime(), nullable=True))
    create_operation_tables()
    op.create_table(
        "stat_changes",
        sa.Column("id", BigId, sa.Identity(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("step_key", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stat_changes"),
    )
    op.create_index("ix_stat_changes_owner", "stat_changes", ["owner"])
    op.create_table(
        "stat_totals",
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("step_key", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "owner", "version_id", "step_key", "figure", "day", name="pk_stat_totals"
        ),
    )
    _count_what_is_there()


def _count_what_is_there() -> None:
    """A mail of which only its end is known ended when it was planned, at the latest now."""
    connection, now = op.get_bind(), datetime.now(UTC)
    mails = sa.table(
        "mails",
        sa.column("sequence_id", sa.Uuid), sa.column("version_id", sa.Uuid),
        sa.column("step_key", sa.Text), sa.column("state", sa.Text),
        sa.column("created_at", UtcDateTime), sa.column("planned_at", UtcDateTime),
        sa.column("sent_at", UtcDateTime), sa.column("ended_at", UtcDateTime),
    )  # fmt: skip
    known = sa.case((mails.c.planned_at < now, mails.c.planned_at), else_=now)
    connection.execute(
        sa.update(mails)
        .where(mails.c.state.in_(_ENDED))
        .values(ended_at=sa.func.coalesce(mails.c.sent_at, known))
    )
    sequences = sa.table("sequences", sa.column("id", sa.Uuid), sa.column("timezone", sa.Text))
    zones = {
        row.id: ZoneInfo(row.timezone) for row in connection.execute(sa.select(sequences)).all()
    }
    totals: Counter[tuple[Any, ...]] = Counter()

    def add(row: Any, step_key: str, figure: str, at: datetime) -> None:
        day = at.astimezone(zones[row.sequence_id]).date()
        totals[row.sequence_id, row.version_id, step_key, figure, day] += 1

    wanted = sa.select(
        mails.c.sequence_id, mails.c.version_id, mails.c.step_key, mails.c.state,
        mails.c.created_at, mails.c.ended_at,
    ).where(mails.c.sequence_id.is_not(None))  # fmt: skip
    for row in connection.execute(wanted.execution_options(yield_per=10_000)):
        add(row, row.step_key, "planned", row.created_at)
        if row.state in _ENDED:
            add(row, row.step_key, row.state, row.ended_at)
    enrolments = sa.table(
        "enrolments",
        sa.column("sequence_id", sa.Uuid), sa.column("version_id", sa.Uuid),
        sa.column("state", sa.Text), sa.column("entered_at", UtcDateTime),
        sa.column("ended_at", UtcDateTime),
    )  # fmt: skip
    for row in connection.execute(sa.select(enrolments).execution_options(yield_per=10_000)):
        add(row, "", "enrolled", row.entered_at)
        if row.state == "completed":
            add(row, "", "completed", row.ended_at or row.entered_at)
    table = sa.table(
        "stat_totals",
        sa.column("owner", sa.Uuid), sa.column("version_id", sa.Uuid),
        sa.column("step_key", sa.Text), sa.column("figure", sa.Text), sa.column("day", sa.Date),
        sa.column("count", sa.BigInteger),
    )  # fmt: skip
    names = ("owner", "version_id", "step_key", "figure", "day", "count")
    rows = [dict(zip(names, (*key, n), strict=True)) for key, n in sorted(totals.items())]
    for start in range(0, len(rows), 1000):
        connection.execute(sa.insert(table), rows[start : start + 1000])
