"""Mailings to selections, test mails, and what goes before what."""

import sqlalchemy as sa
from alembic import op

from shared.db.types import JsonDocument, UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _mailings()
    _test_mails()
    _selections()
    _mails()


def _mailings() -> None:
    op.create_table(
        "mailings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("message", JsonDocument, nullable=False),
        sa.Column("sender", JsonDocument, nullable=False),
        sa.Column("audience", JsonDocument, nullable=False),
        sa.Column("topics", JsonDocument, nullable=True),
        sa.Column("sending_window", JsonDocument, nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("per_hour", sa.BigInteger(), nullable=True),
        sa.Column("send_at", UtcDateTime(), nullable=True),
        sa.Column("next_slot_at", UtcDateTime(), nullable=True),
        sa.Column("selected_by", sa.Uuid(), nullable=True),
        sa.Column("counted_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("failure_de", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mailings"),
    )
    op.create_index("ix_mailings_state", "mailings", ["state"])
    _some("ix_mailings_send_at", "mailings", "send_at IS NOT NULL", ["send_at"])


def _test_mails() -> None:
    op.create_table(
        "test_mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("newsletter", sa.Boolean(), nullable=False),
        sa.Column("message", JsonDocument, nullable=False),
        sa.Column("sender", JsonDocument, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_test_mails"),
    )
    op.create_index("ix_test_mails_created_by", "test_mails", ["created_by", "created_at"])
    op.create_index("ix_test_mails_address_key", "test_mails", ["address_key"])
    _some("ix_test_mails_customer_id", "test_mails", "customer_id IS NOT NULL", ["customer_id"])


def _selections() -> None:
    op.create_table(
        "selection_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("last_part", sa.BigInteger(), nullable=True),
        sa.Column("parts", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("figures", JsonDocument, nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("problem_de", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_selection_requests"),
    )
    op.create_index("ix_selection_requests_owner_id", "selection_requests", ["owner_id"])
    _of_request("selection_parts", sa.Column("part", sa.BigInteger(), nullable=False))
    _of_request("selected_customers", sa.Column("customer_id", sa.Uuid(), nullable=False))


def _of_request(table: str, column: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("request_id", sa.Uuid(), nullable=False),
        column,
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["selection_requests.id"],
            name=f"fk_{table}_request_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("request_id", column.name, name=f"pk_{table}"),
    )


def _mails() -> None:
    op.add_column("mails", sa.Column("mailing_id", sa.Uuid(), nullable=True))
    op.add_column("mails", sa.Column("test_id", sa.Uuid(), nullable=True))
    # A constant is no rewriting of the table; of other mails than a sequence's only a few are still to go.
    op.add_column(
        "mails", sa.Column("priority", sa.SmallInteger(), nullable=False, server_default="1")
    )
    op.execute("UPDATE mails SET priority = 0 WHERE state = 'due' AND invitation_id IS NOT NULL")
    op.drop_index("ix_mails_due_at", table_name="mails")
    _some("ix_mails_due", "mails", "state = 'due'", ["priority", "due_at"])
    trouble = "state IN ('uncertain', 'failed', 'bounced')"
    _some("ix_mails_trouble", "mails", trouble, ["state", "id"])
    of_mailing = "mailing_id IS NOT NULL"
    _some("ix_mails_mailing_id", "mails", of_mailing, ["mailing_id", "state"])
    op.create_index(
        "uq_mails_mailing_id_customer_id",
        "mails",
        ["mailing_id", sa.text("coalesce(entered_as, customer_id)")],
        unique=True,
        postgresql_where=sa.text(of_mailing),
        sqlite_where=sa.text(of_mailing),
    )
    _some("uq_mails_test_id", "mails", "test_id IS NOT NULL", ["test_id"], unique=True)


def _some(name: str, table: str, some: str, columns: list[str], *, unique: bool = False) -> None:
    where = sa.text(some)
    op.create_index(name, table, columns, unique=unique, postgresql_where=where, sqlite_where=where)
