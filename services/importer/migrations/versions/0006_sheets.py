"""The rows of a spreadsheet, written down as text beside the file."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "sheet_parts",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "part", name="pk_sheet_parts"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name="fk_sheet_parts_import_id", ondelete="CASCADE"
        ),
    )
