"""The loop that goes on with what requests have begun."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from shared.consumer import passes
from shared.db import Database
from shared.loops import on_call
from shared.operations.engine import CHANNEL, OperationFailed, Operations
from shared.operations.reading import operation_at_work

log = structlog.get_logger(__name__)


def operations_loop(
    database: Database, operations: Operations
) -> Callable[[threading.Event], None]:
    """Return a loop that works as long as there is any operation at work."""
    return on_call(database, CHANNEL, lambda _stop: work_on_operations(database, operations))


def work_on_operations(database: Database, operations: Operations) -> bool:
    """Do one piece of the operation that began first. False if there is none at work."""
    with database.reading() as session:
        operation_id = operation_at_work(session, operations.tables)
    if operation_id is None:
        return False
    try:
        with database.transaction() as session:
            return operations.work(session, operation_id)
    except OperationFailed as failed:
        reason: str = failed.reason
    except Exception as error:
        if passes(error):
            raise
        # Whoever began it sees that it stopped; all others go on.
        log.exception("an operation failed", operation_id=str(operation_id))
        reason = type(error).__name__
    with database.transaction() as session:
        operations.fail(session, operation_id, reason)
    return True
