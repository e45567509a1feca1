"""Consent in a file counts only with evidence, and a file never takes back a "no".

The date in our own column "OptIn bestätigt" was written by an export from the consent ledger: file, row and
cell are kept as its evidence. Any other column needs words on how the consents were collected: a column of
its own, or the option `opt_in_evidence`. Without them the customer comes in without the consent, and also
where a column for `unsubscribed` says that it was withdrawn.
"""

from __future__ import annotations

from services.importer.mapping.headings import OWN
from services.importer.rows.cells import CLEAR, Blank, Reader, is_zero_date
from services.importer.rows.draft import Draft
from shared.errors import Text
from shared.values import ValueRefused, parse_yes_no

LONGEST_EVIDENCE = 1_000

NO_EVIDENCE = Text(
    "The opt-in was left out: nothing says how it was given. Choose a column for opt_in_evidence or say it "
    "in options.opt_in_evidence. The customer was imported.",
    de="Das OptIn wurde weggelassen: nichts sagt, wie es gegeben wurde. Bitte eine Spalte für den Nachweis "
    "wählen oder ihn in den Optionen angeben. Der Kunde wurde importiert.",
)
NO_DATE = Text(
    "The opt-in was left out: only the date on which it was confirmed counts. The customer was imported.",
    de="Das OptIn wurde weggelassen: nur das Datum der Bestätigung zählt. Der Kunde wurde importiert.",
)


NOT_TAKEN_BACK = Text(
    "An import takes no opt-in back; that is done with the customer. The customer was imported.",
    de="Ein Import nimmt kein OptIn zurück; das geht beim Kunden. Der Kunde wurde importiert.",
)
WITHDRAWN = Text(
    "The opt-in was left out: the row says that it was withdrawn. The customer was imported.",
    de="Das OptIn wurde weggelassen: laut der Zeile wurde es widerrufen. Der Kunde wurde importiert.",
)


class ConsentCells:
    """Reads the opt-in of a row into its customer."""

    def __init__(
        self,
        *,
        column: str,
        index: int,
        evidence_index: int | None,
        withdrawn_index: int | None,
        statement: str | None,
        source: str,
        read: Reader | None,
    ) -> None:
        assert read is not None
        self._column = column
        self._index = index
        self._evidence_index = evidence_index
        self._withdrawn_index = withdrawn_index
        self._statement = statement
        self._source = source
        self._read = read
        self._own = OWN.get(column) == "opt_in_confirmed_at"

    def read(self, draft: Draft) -> None:
        cell = draft.cells[self._index].strip()
        if not cell:
            return
        if cell in CLEAR:
            draft.remark(self._column, cell, NOT_TAKEN_BACK)
            return
        try:
            confirmed_at = self._read(cell)
        except Blank:
            return
        except ValueRefused as refused:
            answer = _yes_no(cell)
            if answer is None:
                draft.refuse(self._column, cell, refused.text)
            elif answer:
                draft.remark(self._column, cell, NO_DATE)
            return
        if self._withdrawn_index is not None and _is_withdrawn(draft.cell(self._withdrawn_index)):
            draft.remark(self._column, cell, WITHDRAWN)
            return
        words = draft.cell(self._evidence_index) if self._evidence_index is not None else ""
        words = words or self._statement or ""
        if not words and not self._own:
            draft.remark(self._column, cell, NO_EVIDENCE)
            return
        place = f"{self._source}, Zeile {draft.line}, Spalte {self._column}: {cell}"
        evidence = f"{words} ({place})" if words else place
        draft.customer["opt_in"] = {
            "confirmed_at": confirmed_at,
            "evidence": evidence[:LONGEST_EVIDENCE],
        }


def _is_withdrawn(cell: str) -> bool:
    """A date or anything else that is no "no" is a withdrawal: in doubt nobody is written to."""
    return bool(cell) and _yes_no(cell) is not False and not is_zero_date(cell)


def _yes_no(cell: str) -> bool | None:
    try:
        return parse_yes_no(cell)
    except ValueRefused:
        return None
