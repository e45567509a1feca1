"""Opening a file of whatever kind as a table."""

from services.importer.readers.delimited import Delimited
from services.importer.readers.sheet import SheetRows
from services.importer.readers.table import LONGEST_CELL, MOST_COLUMNS, Row, Table

__all__ = ["LONGEST_CELL", "MOST_COLUMNS", "Delimited", "Row", "SheetRows", "Table"]
