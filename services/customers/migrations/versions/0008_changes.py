"""What customers were before each change: for stale spreadsheets, and for taking an import back."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    pass
