"""By which country stored telephone keys were made; unknown for all that are there."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("register", sa.Column("home_country", sa.Text()))
