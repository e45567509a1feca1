"""The file to begin with: what an import understands by itself, and nobody in it yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from services.importer.exports.columns import all_columns
from services.importer.exports.formats import Look, writer_for
from services.importer.mapping import Attribute


def template_file(attributes: Sequence[Attribute], format_: str) -> bytes:
    """Return an empty list, as `csv` or `xlsx`: only its headings."""
    columns = [one for one in all_columns(attributes) if one.target != "known_at"]
    writer = writer_for(Look(format_, "excel_de", columns, UTC, rows=0))
    writer.finish()
    return writer.taken()
