"""Beginning operations, doing their pieces, taking them back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, delete, false, func, insert, literal, select, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shared.db import among, new_id, utcnow, wake
from shared.errors import NotFound, Text
from shared.operations.refused import OperationUndone
from shared.operations.tables import AT_WORK, ENDED, OperationTables

CHANNEL = "operations"
AT_ONCE = 500

_INSERTS: Mapping[str, Callable[..., Any]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}


class Changed(NamedTuple):
    """Which items a piece has really changed, and when."""

    ids: Collection[UUID]
    at: datetime


class Kind(NamedTuple):
    """What an operation does to some items, and how it is taken back.

    `revert` gets each item with the moment the operation changed it (None: it did not), and returns how many
    it left as they are because somebody has changed them since. Either may raise OperationFailed.
    """

    apply: Callable[[Session, Any, list[UUID]], Changed]
    revert: Callable[[Session, Any, Mapping[UUID, datetime | None]], int]
    at_once: int = AT_ONCE


class OperationFailed(Exception):
    """The operation cannot go on, for a reason that whoever began it can read."""

    def __init__(self, reason: Text) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Operations:
    """A service's operations. `missing` is what it raises for one that there is not."""

    def __init__(
        self, tables: OperationTables, kinds: Mapping[str, Kind], missing: type[NotFound]
    ) -> None:
        self.tables = tables
        self._operations, self._items = tables
        self._kinds = kinds
        self._missing = missing

    def begin(
        self,
        session: Session,
        kind: str,
        whom: Select[Any],
        *,
        request: Mapping[str, Any],
        by: str,
    ) -> Any:
        """Begin an operation on the ids that `whom` selects; return it after its first piece."""
        operation_id = self.note(session, kind, request=request, by=by)
        self.add_items(session, operation_id, whom)
        return self._work(session, self.start(session, operation_id))

    def note(
        self,
        session: Session,
        kind: str,
        *,
        request: Mapping[str, Any],
        by: str,
        state: str = "running",
        operation_id: UUID | None = None,
    ) -> UUID:
        """Write down an operation whose list is still to come, and return its id."""
        operation_id = operation_id or new_id()
        session.execute(
            insert(self._operations).values(
                id=operation_id,
                kind=kind,
                state=state,
                count=None,
                done=0,
                changed=0,
                kept=0,
                request=dict(request),
                created_at=utcnow(),
                created_by=by,
            )
        )
        return operation_id

    def add_items(self, session: Session, operation_id: UUID, whom: Select[Any]) -> None:
        """Write down what the operation is about; what it has already stays."""
        found = whom.order_by(None).subquery()
        rows = select(literal(operation_id, self._operations.c.id.type), found.c[0], false())
        # A condition instead would read the rows that the statement itself has just written, for each anew.
        insert_new = _INSERTS[session.get_bind().dialect.name]
        session.execute(
            insert_new(self._items)
            .from_select(("operation_id", "item_id", "done"), rows.where(true()))
            .on_conflict_do_nothing()
        )

    def remove_items(self, session: Session, operation_id: UUID) -> int:
        """Forget what the operation is about; return how much that was."""
        of_this = self._items.c.operation_id == operation_id
        gone = session.execute(delete(self._items).where(of_this))
        return int(gone.rowcount)  # type: ignore[attr-defined]

    def start(self, session: Session, operation_id: UUID) -> Any:
        """Let an operation whose items are complete run; return it."""
        counted = (
            select(func.count())
            .select_from(self._items)
            .where(self._items.c.operation_id == operation_id)
            .scalar_subquery()
        )
        wake(session, CHANNEL)
        return self.change(session, operation_id, state="running", count=counted)

    def undo(self, session: Session, operation_id: UUID, *, by: str) -> Any:
        """Take the operation back, as far as nobody has changed since what it did; return it.

        One that is still running stops where it is. Raises OperationUndone if that was done before.
        """
        operation = self.held(session, operation_id)
        if operation.state in ("undoing", "undone"):
            raise OperationUndone
        return self._work(
            session, self.change(session, operation_id, state="undoing", undone_by=by)
        )

    def work(self, session: Session, operation_id: UUID) -> bool:
        """Do the operation's next piece. False if somebody else has it in hand, or it has ended."""
        operation = session.execute(
            select(self._operations)
            .where(self._operations.c.id == operation_id, self._operations.c.state.in_(AT_WORK))
            .with_for_update(skip_locked=True)
        ).first()
        if operation is None:
            return False
        self._work(session, operation)
        return True

    def fail(self, session: Session, operation_id: UUID, reason: str) -> None:
        """Stop an operation that cannot go on. What it has done can still be taken back."""
        session.execute(
            update(self._operations)
            .where(self._operations.c.id == operation_id)
            .where(self._operations.c.state.not_in(ENDED))
            .values(
                state="failed",
                failure=reason,
                failure_de=reason.de if isinstance(reason, Text) else None,
                finished_at=utcnow(),
            )
        )

    def held(self, session: Session, operation_id: UUID) -> Any:
        """Return the operation, which nobody else can work on until this transaction ends."""
        operation = session.execute(
            select(self._operations).where(self._operations.c.id == operation_id).with_for_update()
        ).first()
        if operation is None:
            raise self._missing(operation_id=operation_id)
        return operation

    def _work(self, session: Session, operation: Any) -> Any:
        """Do the next piece and write down how far it has come."""
        kind = self._kinds[operation.kind]
        forward = operation.state == "running"
        of_this = self._items.c.operation_id == operation.id
        items: dict[UUID, datetime | None] = {
            row.item_id: row.changed_at
            for row in session.execute(
                select(self._items.c.item_id, self._items.c.changed_at)
                .where(of_this, self._items.c.done != forward)
                .order_by(self._items.c.item_id)
                .limit(kind.at_once)
            )
        }
        kept, changed = 0, Changed((), utcnow())
        if items and forward:
            changed = kind.apply(session, operation, list(items))
        elif items:
            kept = kind.revert(session, operation, items)
        for ids, values in (
            (items, {"done": forward}),
            (changed.ids, {"changed_at": changed.at}),
        ):
            if ids:
                those = among(self._items.c.item_id, ids)
                session.execute(update(self._items).where(of_this, those).values(values))
        progress: dict[str, Any] = {
            "done": operation.done + (len(items) if forward else -len(items)),
            "changed": operation.changed + len(changed.ids),
            "kept": operation.kept + kept,
        }
        if len(items) < kind.at_once:
            progress |= (
                {"state": "finished", "finished_at": utcnow()}
                if forward
                else {"state": "undone", "undone_at": utcnow()}
            )
        else:
            wake(session, CHANNEL)
        return self.change(session, operation.id, **progress)

    def change(self, session: Session, operation_id: UUID, **values: Any) -> Any:
        """Give the operation these values and return it."""
        return session.execute(
            update(self._operations)
            .where(self._operations.c.id == operation_id)
            .values(values)
            .returning(*self._operations.c)
        ).one()
