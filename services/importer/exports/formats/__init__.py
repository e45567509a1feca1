"""How each kind of file looks. A writer takes pages, and gives the bytes that are ready."""

from collections.abc import Callable

from services.importer.exports.formats.cards import Cards
from services.importer.exports.formats.delimited import Delimited
from services.importer.exports.formats.workbook import Workbook
from services.importer.exports.formats.writer import Look, Writer

__all__ = ["Look", "Writer", "writer_for"]

_KINDS: dict[str, Callable[[Look], Writer]] = {"csv": Delimited, "xlsx": Workbook, "vcf": Cards}


def writer_for(look: Look) -> Writer:
    """Raises TooManyRows."""
    return _KINDS[look.format](look)
