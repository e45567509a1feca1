"""What is wrong with a row as a whole, in words for whoever made the file."""

from __future__ import annotations

from services.importer.readers.table import LONGEST_CELL, LONGEST_RECORD
from shared.errors import Text

UNCLOSED = Text(
    "A quotation mark is opened in this row and never closed.",
    de="In dieser Zeile geht ein Anführungszeichen auf und nicht wieder zu.",
)
AFTER_UNCLOSED = Text(
    "The row stands behind a quotation mark that is not closed, and has another number of cells than the "
    "heading.",
    de="Die Zeile steht hinter einem Anführungszeichen, das nicht zugeht, und hat eine andere Zahl von "
    "Zellen als die Überschrift.",
)
LINE_TOO_LONG = Text(
    "The line is longer than {limit} characters.", de="Die Zeile ist länger als {limit} Zeichen."
).fill(limit=LONGEST_RECORD)
CELL_TOO_LONG = Text(
    "A cell has more than {limit} characters.", de="Eine Zelle hat mehr als {limit} Zeichen."
).fill(limit=LONGEST_CELL)
CONTROL = Text(
    "The row contains invisible control characters.",
    de="Die Zeile enthält unsichtbare Steuerzeichen.",
)
UNREADABLE = Text(
    "The row contains characters that do not exist in the encoding {encoding}.",
    de="Die Zeile enthält Zeichen, die es in der Zeichenkodierung {encoding} nicht gibt.",
)
NO_DELIMITER = Text(
    "The line has no delimiter, so it is no row of this table.",
    de="In der Zeile steht kein Trennzeichen, sie ist also keine Zeile dieser Tabelle.",
)
TOO_MANY_CELLS = Text(
    "The row has {found} cells, the heading only {expected}. Is there a delimiter in a cell without quotes?",
    de="Die Zeile hat {found} Zellen, die Überschrift nur {expected}. "
    "Steht ein Trennzeichen ohne Anführungszeichen in einer Zelle?",
)
