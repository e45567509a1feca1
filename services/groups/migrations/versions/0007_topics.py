"""Tell groups anew with what others keep of them from now on."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    pass
