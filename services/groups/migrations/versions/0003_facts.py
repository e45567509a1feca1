"""What selections ask about beside customers: history, activities, mails."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    pass
