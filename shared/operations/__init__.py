"""Acts on many things as one unit: begun with a fixed list, done piece by piece, taken back as a whole.

What an operation is about is written down when it begins. A loop then takes piece after piece, each in a
transaction of its own, so that an operation on a million things holds nobody up and goes on after a crash.
The first piece is done with the request: most operations are finished when they are answered.

A service has its tables (`operation_tables`), says what its kinds of operations do (`Kind`), does them
(`Operations`) and lets its worker go on with them (`shared.operations.loop`).
"""

from shared.operations.engine import AT_ONCE, CHANNEL, Changed, Kind, OperationFailed, Operations
from shared.operations.reading import (
    find_operation,
    operation_at_work,
    operation_list,
    why_it_failed,
)
from shared.operations.refused import OperationUndone
from shared.operations.tables import OperationTables, operation_tables

__all__ = [
    "AT_ONCE",
    "CHANNEL",
    "Changed",
    "Kind",
    "OperationFailed",
    "OperationTables",
    "OperationUndone",
    "Operations",
    "find_operation",
    "operation_at_work",
    "operation_list",
    "operation_tables",
    "why_it_failed",
]
