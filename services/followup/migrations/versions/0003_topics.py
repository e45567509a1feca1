"""Groups that are topics, and what customers chose of them."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    pass
