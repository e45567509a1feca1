"""Customers, the register of their numbers, the consent ledger, and copies of groups and memberships."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

from shared.db.types import UtcDateTime
from shared.migrations import create_shared_tables

revision = "0001"
down_revision = None

KEY_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

LEDGER_FIXED = (
    "id", "customer_id", "action", "way", "occurred_at", "recorded_at", "effective", "wording",
    "wording_version", "form", '"by"',
)  # fmt: skip
LEDGER_PERSONAL = ("email", "evidence", "message_id", "remote_address")


def upgrade() -> None:
    create_shared_tables()
    _create_customers()
    _create_ledger()
    _create_copies()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
        _search_by_trigrams()
    else:
        _guard_on_sqlite()


def _create_customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("salutation", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("first_name", sa.Text()),
        sa.Column("last_name", sa.Text()),
        sa.Column("company", sa.Text()),
        sa.Column("email", sa.Text()),
        sa.Column("phone", sa.Text()),
        sa.Column("mobile", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("postal_code", sa.Text()),
        sa.Column("city", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.Column("birthday", sa.Date()),
        sa.Column("language", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("opt_in_state", sa.Text(), nullable=False),
        sa.Column("opt_in_requested_at", UtcDateTime()),
        sa.Column("opt_in_confirmed_at", UtcDateTime()),
        sa.Column("opt_in_revoked_at", UtcDateTime()),
        sa.Column("erased_at", UtcDateTime()),
        sa.Column("email_key", KEY_TEXT),
        sa.Column("name_sort", KEY_TEXT, nullable=False),
        sa.Column("search", KEY_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sa.UniqueConstraint("number", name="uq_customers_number"),
    )
    op.create_index("ix_customers_email_key", "customers", ["email_key"])
    living = sa.text("erased_at IS NULL")
    for column in ("name_sort", "registered_at", "updated_at"):
        op.create_index(
            f"ix_customers_{column}",
            "customers",
            [column, "id"],
            postgresql_where=living,
            sqlite_where=living,
        )
    inactive = sa.text("erased_at IS NULL AND NOT active")
    op.create_index(
        "ix_customers_inactive",
        "customers",
        ["name_sort", "id"],
        postgresql_where=inactive,
        sqlite_where=inactive,
    )
    register = op.create_table(
        "register",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.BigInteger(), nullable=False),
        sa.Column("inactive", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_register"),
        sa.CheckConstraint("id = 1", name="ck_register_one_row"),
    )
    op.bulk_insert(register, [{"id": 1, "last_number": 0, "active": 0, "inactive": 0}])


def _create_ledger() -> None:
    op.create_table(
        "consent_ledger",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("effective", sa.Boolean(), nullable=False),
        sa.Column("wording", sa.Text()),
        sa.Column("wording_version", sa.Text()),
        sa.Column("form", sa.Text()),
        sa.Column("evidence", sa.Text()),
        sa.Column("by", sa.Text()),
        sa.Column("email", sa.Text()),
        sa.Column("message_id", sa.Text()),
        sa.Column("remote_address", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_consent_ledger"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_consent_ledger_customer_id"
        ),
    )
    op.create_index("ix_consent_ledger_customer_id", "consent_ledger", ["customer_id", "id"])


def _create_copies() -> None:
    op.create_table(
        "groups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
    )
    op.create_index("ix_groups_path", "groups", ["path"])
    op.create_table(
        "group_ancestors",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("ancestor_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "ancestor_id", name="pk_group_ancestors"),
    )
    op.create_index("ix_group_ancestors_ancestor_id", "group_ancestors", ["ancestor_id"])
    op.create_table(
        "memberships",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("member", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "group_id", name="pk_memberships"),
    )
    op.create_index(
        "ix_memberships_group_id",
        "memberships",
        ["group_id", "customer_id"],
        postgresql_where=sa.text("member"),
        sqlite_where=sa.text("member"),
    )


def _guard_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$"
    )
    op.execute(
        "CREATE TRIGGER number_stays BEFORE UPDATE ON customers FOR EACH ROW "
        "WHEN (NEW.number IS DISTINCT FROM OLD.number) "
        "EXECUTE FUNCTION refuse_change('a customer number never changes')"
    )
    op.execute(
        "CREATE TRIGGER numbers_go_up BEFORE UPDATE ON register FOR EACH ROW "
        "WHEN (NEW.last_number < OLD.last_number) "
        "EXECUTE FUNCTION refuse_change('a customer number is never given twice')"
    )
    new = ", ".join(f"NEW.{column}" for column in LEDGER_FIXED)
    old = ", ".join(f"OLD.{column}" for column in LEDGER_FIXED)
    emptied = " AND ".join(f"NEW.{column} IS NULL" for column in LEDGER_PERSONAL)
    op.execute(
        "CREATE TRIGGER ledger_stays BEFORE UPDATE ON consent_ledger FOR EACH ROW "
        f"WHEN (NOT ({emptied} AND ({new}) IS NOT DISTINCT FROM ({old}))) "
        "EXECUTE FUNCTION refuse_change('the consent ledger only grows')"
    )
    op.execute(
        "CREATE TRIGGER ledger_keeps BEFORE DELETE ON consent_ledger FOR EACH ROW "
        "EXECUTE FUNCTION refuse_change('the consent ledger only grows')"
    )


def _guard_on_sqlite() -> None:
    op.execute(
        "CREATE TRIGGER number_stays BEFORE UPDATE ON customers WHEN NEW.number IS NOT OLD.number "
        "BEGIN SELECT RAISE(ABORT, 'a customer number never changes'); END"
    )
    op.execute(
        "CREATE TRIGGER numbers_go_up BEFORE UPDATE ON register WHEN NEW.last_number < OLD.last_number "
        "BEGIN SELECT RAISE(ABORT, 'a customer number is never given twice'); END"
    )
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in LEDGER_FIXED)
    emptied = " AND ".join(f"NEW.{column} IS NULL" for column in LEDGER_PERSONAL)
    op.execute(
        f"CREATE TRIGGER ledger_stays BEFORE UPDATE ON consent_ledger WHEN NOT ({emptied} AND {same}) "
        "BEGIN SELECT RAISE(ABORT, 'the consent ledger only grows'); END"
    )
    op.execute(
        "CREATE TRIGGER ledger_keeps BEFORE DELETE ON consent_ledger "
        "BEGIN SELECT RAISE(ABORT, 'the consent ledger only grows'); END"
    )


def _search_by_trigrams() -> None:
    """Index the search text for parts of words, where the server can.

    Without pg_trgm (no contrib modules, or not ours to create) a search reads all customers.
    """
    connection = op.get_bind()
    try:
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
    except DBAPIError:
        return
    op.execute("CREATE INDEX ix_customers_search ON customers USING gin (search gin_trgm_ops)")
