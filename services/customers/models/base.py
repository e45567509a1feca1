"""What all tables of this service share."""

from sqlalchemy import Text

from shared.db import new_metadata

metadata = new_metadata()

KeyText = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared and sorted byte by byte on both databases."""
