"""What a file is: its format, encoding, delimiter, sheet and heading, found before anything is written.

Nothing found here is final: all of it can be corrected in the import's options.
"""

from services.importer.detection.columns import unique_names
from services.importer.detection.detect import data_rows, detect, detect_sheet
from services.importer.detection.detected import Column, Detected, Open, Sheet
from services.importer.detection.kinds import is_spreadsheet

__all__ = [
    "Column",
    "Detected",
    "Open",
    "Sheet",
    "data_rows",
    "detect",
    "detect_sheet",
    "is_spreadsheet",
    "unique_names",
]
