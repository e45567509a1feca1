"""Taking imports back, from the first line on. Each piece is safe to repeat: a crash costs nothing."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, ClassVar, cast
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from services.importer.actions import CHANNEL
from services.importer.models import Import, ImportRow, ProblemRow, State
from services.importer.rows.problems import problem
from services.importer.running.calls import Services
from services.importer.running.run import UNDER_WAY
from services.importer.running.source import Source
from services.importer.running.steps import customers_body, in_order
from services.importer.work import leasing
from services.importer.work.leasing import LEASE
from services.importer.work.loop import Worker
from services.importer.work.waiting import patiently
from shared.crashpoints import crashpoint
from shared.db import bulk_upsert, utcnow
from shared.errors import Text
from shared.events.importer import ImportUndone
from shared.importids import reference_of, row_id
from shared.outbox import publish

NOTE_POSITION = 1_000
"""Behind the problems that the import itself found in a line."""

PROBLEMS = cast(Table, ProblemRow.__table__)

Lines = Mapping[int, UUID]
"""Whom lines are about."""


class Undoing(Worker[Import]):
    """Takes imports back."""

    what: ClassVar[str] = "undo"
    channel: ClassVar[str] = CHANNEL
    internal: ClassVar[Text] = Text(
        "Something unexpected happened; it was written to the log. Undo the import again: it goes on where "
        "it stopped.",
        de="Etwas Unerwartetes ist passiert; es steht im Protokoll. Das Rückgängigmachen kann noch einmal "
        "gestartet werden und macht dort weiter, wo es stehen blieb.",
    )

    def claim(self, session: Session) -> Import | None:
        to_do = Import.state == State.undoing
        return leasing.claim(session, Import, to_do, self._owner, oldest_by=Import.undo_started_at)

    def work(self, piece: Import, stop: threading.Event) -> None:
        with Services(
            self._settings, self._transport, name=piece.undone_by, language=piece.language
        ) as services:
            for first, last, lines in self._pieces(piece, services, stop):
                self._take_back(piece, services, lines, first, last, stop)
            self._drop_groups(piece, services, stop)
        with self._database.transaction() as session:
            self._write(session, piece.id, state=State.undone, undone_at=utcnow(), **_LET_GO)
            publish(session, ImportUndone(import_id=piece.id, occurred_at=utcnow()))

    def release(self, session: Session, piece_id: UUID) -> None:
        leasing.write_as_owner(
            session,
            Import,
            piece_id,
            self._owner,
            State.undoing,
            lease_owner=None,
            lease_until=None,
        )

    def fail(self, session: Session, piece_id: UUID, reason: Text) -> None:
        failure = {"en": str(reason), "de": reason.de}
        self._write(session, piece_id, state=State.failed, failure=failure, **_LET_GO)

    def _write(self, session: Session, import_id: UUID, **values: object) -> None:
        leasing.write_as_owner(
            session,
            Import,
            import_id,
            self._owner,
            State.undoing,
            version=Import.version + 1,
            **values,
        )

    def _pieces(
        self, piece: Import, services: Services, stop: threading.Event
    ) -> Iterator[tuple[int, int, Lines]]:
        """Yield whom the lines from and to are about, some thousand lines at a time."""
        at_once = self._settings.import_chunk_rows
        for first in range(piece.undo_line + 1, piece.line_done + 1, at_once):
            last = min(first + at_once - 1, piece.line_done)
            made = {line: row_id(piece.id, line) for line in range(first, last + 1)}
            yield first, last, made | self._met(piece.id, first, last)
        if piece.rows_done < piece.rows_total and piece.file_deleted_at is None:
            yield from self._written_beyond(piece, services, stop)

    def _met(self, import_id: UUID, first: int, last: int) -> dict[int, UUID]:
        """Return the customers who were there before the import, by the lines that are about them."""
        rows = select(ImportRow.line, ImportRow.customer_id).where(
            ImportRow.import_id == import_id, ImportRow.line.between(first, last)
        )
        with self._database.reading() as session:
            return {row.line: row.customer_id for row in session.execute(rows)}

    def _written_beyond(
        self, piece: Import, services: Services, stop: threading.Event
    ) -> Iterator[tuple[int, int, Lines]]:
        """An import that did not come to its end may have written more than it noted: steps under way."""
        source = Source(
            self._settings, self._database, piece, services, lambda call: patiently(call, stop)
        )
        after = max(piece.line_done, piece.undo_line)
        for rows in islice(source.steps(after), UNDER_WAY + 1):
            good = [row for row in rows if row.customer is not None]
            if not good:
                continue
            body = customers_body(good, source.options, reference=None)
            results = patiently(partial(services.write_customers, body, key=None, line=0), stop)
            lines = {
                row.line: UUID(result["id"])
                for row, result in zip(good, in_order(good, results), strict=True)
                if result["id"]
            }
            yield rows[0].line, rows[-1].line, lines

    def _take_back(
        self,
        piece: Import,
        services: Services,
        lines: Lines,
        first: int,
        last: int,
        stop: threading.Event,
    ) -> None:
        key = f"undo:{piece.id}/{first}-{last}"
        # Groups before customers: no sequence shall go on because somebody is active again.
        others = sorted({one for line, one in lines.items() if one != row_id(piece.id, line)})
        self._take_from_groups(piece, services, others, key, first, stop)
        crashpoint("importer.undone_groups")
        ids = list(map(str, dict.fromkeys(lines.values())))
        body = {"reference": str(piece.id), "customer_ids": ids}
        results = patiently(partial(services.undo_customers, body, key=key, line=first), stop)
        crashpoint("importer.undone_customers")
        # Who is gone leaves the groups at once and not only when that is heard: so they can be deleted.
        gone = [one["id"] for one in results if one["status"] == "removed" and one["number"]]
        self._take_from_groups(piece, services, gone, f"{key}:gone", first, stop)
        self._save(piece, lines, last, results)

    def _take_from_groups(
        self,
        piece: Import,
        services: Services,
        customers: Sequence[UUID | str],
        key: str,
        line: int,
        stop: threading.Event,
    ) -> None:
        if customers:
            reference = reference_of(piece.id)
            body = {"reference": reference, "customer_ids": list(map(str, customers))}
            patiently(partial(services.undo_groups, body, key=key, line=line), stop)

    def _save(self, piece: Import, lines: Lines, last: int, results: list[dict[str, Any]]) -> None:
        counts = Counter(one["status"] for one in results if one["number"] is not None)
        line_of = {str(customer_id): line for line, customer_id in lines.items()}
        notes = [
            (line_of[one["id"]], f"{one['number']}", one["reason"])
            for one in results
            if one["reason"]
        ]
        with self._database.transaction() as session:
            leasing.write_as_owner(
                session,
                Import,
                piece.id,
                self._owner,
                State.undoing,
                lease_until=utcnow() + LEASE,
                undo_line=last,
                undo_removed=Import.undo_removed + counts["removed"],
                undo_restored=Import.undo_restored + counts["restored"],
                undo_kept=Import.undo_kept + counts["kept"],
            )
            bulk_upsert(
                session,
                PROBLEMS,
                _NOTE_COLUMNS,
                [
                    (
                        piece.id,
                        found.line,
                        NOTE_POSITION,
                        None,
                        found.value,
                        *_both(found.reason),
                        False,
                    )
                    for found in (problem(line, None, number, why) for line, number, why in notes)
                ],
                key=("import_id", "line", "position"),
            )

    def _drop_groups(self, piece: Import, services: Services, stop: threading.Event) -> None:
        """Delete the groups that the import made, as far as nobody is in them and nothing needs them."""
        for group_id in reversed(piece.created_groups):
            patiently(partial(services.delete_group, str(group_id)), stop)


_LET_GO: dict[str, Any] = {"lease_owner": None, "lease_until": None}
_NOTE_COLUMNS = (
    "import_id", "line", "position", "column", "value", "reason_en", "reason_de", "refused",
)  # fmt: skip


def _both(reason: Text) -> tuple[str, str]:
    return str(reason), reason.de
