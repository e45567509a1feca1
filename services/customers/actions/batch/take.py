"""A batch from its rows to its results.

Everything is looked up and decided first, without any lock. Then the customers to be changed are held in the
order of their ids and after them, if there are new ones, the register. Only if nobody has come in between is
it written, else all is decided anew. So batches never lock each other out, two with the same new address make
one customer, and a batch that changes nothing holds nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from services.customers import errors, queries
from services.customers.actions.batch.people import People, Refused, email_of
from services.customers.actions.batch.results import Result, Status
from services.customers.actions.batch.stale import Former
from services.customers.actions.changes import Changes, hold_register
from services.customers.actions.consent import Proof, entry, letter, note
from services.customers.actions.customers import new_customer
from services.customers.errors import Nameless, StillBusy
from services.customers.lines import Batch, Errors, Line, Permission
from services.customers.models import Customer
from shared.db import new_id, utcnow

TRIES = 20


def take_batch(session: Session, batch: Batch, *, by: str) -> list[Result]:
    """Take the rows in their order and return what became of each. A bad row does not stop the others.

    A dry run answers the same without writing; who would be new has no number then.
    """
    for _ in range(TRIES):
        work = _Work(session, batch, by)
        work.decide()
        if batch.dry_run:
            return work.results
        savepoint = session.begin_nested()
        if work.hold():
            work.changes.write()
            savepoint.commit()
            return work.results
        savepoint.rollback()  # lets go of what was held
    raise StillBusy


class _Work:
    """One attempt at a batch."""

    def __init__(self, session: Session, batch: Batch, by: str) -> None:
        self.changes = Changes(
            session, now=utcnow(), source=batch.source, reference=batch.reference
        )
        self.results: list[Result] = []
        self._session = session
        self._batch = batch
        self._by = by
        self._people = People(session, batch.match_on)
        self._former = Former(session)
        self._new: list[Customer] = []

    def decide(self) -> None:
        """Decide for every row what becomes of it."""
        self._people.look_up(self._batch.lines)
        if self._batch.on_stale == "merge":
            self._former.look_up(self._batch.lines, self._people.stored)
        for line in self._batch.lines:
            if line.errors:
                self.results.append(Result(line, "invalid", errors=line.errors))
                continue
            try:
                result = self._take(line)
            except Refused as refused:
                status: Status = "conflict" if refused.clash else "invalid"
                result = Result(line, status, refused.person, refused.errors)
            except Nameless:
                result = Result(line, "invalid", errors={"last_name": [errors.NAMELESS]})
            self.results.append(result)

    def hold(self) -> bool:
        """Hold everybody concerned. False if somebody has changed or come since they were looked up."""
        touched = [i for i in self.changes.touched if i in self._people.stored]
        if touched:
            versions = queries.versions_held(self._session, touched)
            if any(versions.get(i) != self._people.stored[i].version for i in touched):
                return False
        if not self._new:
            return True
        hold_register(self._session)
        given = {line.id for line in self._batch.lines if line.id is not None}
        own = [person.id for person in self._new if person.id in given]
        if queries.people_by_id(self._session, own):
            return False
        if "email" not in self._batch.match_on:
            return True
        keys = {person.email_key for person in self._new if person.email_key}
        return queries.ids_by_email(self._session, keys) <= self._people.stored.keys()

    def _take(self, line: Line) -> Result:
        person = self._people.match(line)
        if person is None:
            return self._create(line)
        result = self._apply(line, person)
        if result.customer is not None:
            self._people.note(result.customer)
        return result

    def _create(self, line: Line) -> Result:
        if self._batch.mode == "update":
            raise Refused({"row": [errors.NOBODY_MATCHES]}, clash=False)
        person = new_customer(line.id or new_id(), line.values, self.changes.now)
        if not person.identified:
            raise Nameless
        given = line.permission
        if given is not None:
            person.confirm_opt_in(given.confirmed_at)
        self.changes.register(person)
        if given is not None:
            proof, at = self._proof(given), given.confirmed_at
            self.changes.record(entry(person, "confirm", at, proof, True, self.changes.now))
            self.changes.tell(letter("confirm", at, proof), person)
        self._new.append(person)
        self._people.note(person)
        return Result(line, "created", person)

    def _apply(self, line: Line, person: Customer) -> Result:
        warnings: Errors = {}
        values = _new_to(person, line)
        given = line.permission
        if given is not None and person.withdrawn:
            warnings["opt_in"] = [errors.STAYS_REVOKED]
            given = None
        elif person.opt_in_state == "confirmed":
            given = None
        differs = _differs(person, values)
        stale = line.version is not None and line.version != person.version
        if stale and (differs or given is not None):
            values, kept = self._edited(line, person, values)
            differs = bool(values)
            warnings |= kept
        if given is None and not differs:
            return Result(line, "unchanged", person, warnings=warnings)
        if self._batch.mode == "create":
            text = errors.EXISTS_ALREADY.fill(number=person.number or "?")
            raise Refused({"row": [text]}, clash=True, person=person)
        active = values.pop("active", person.active)
        person = self.changes.change(person, values)
        person = self.changes.set_active(person, active)
        if given is not None:
            person = note(self.changes, person, "confirm", given.confirmed_at, self._proof(given))
        return Result(line, "updated", person, warnings=warnings)

    def _edited(
        self, line: Line, person: Customer, values: dict[str, Any]
    ) -> tuple[dict[str, Any], Errors]:
        """Return what was edited in a row that is older than the person, and what stays as it is here."""
        stored = self._people.stored.get(person.id)
        assert line.version is not None
        edit = None
        if self._batch.on_stale == "merge" and stored is not None:
            edit = self._former.edited(stored, person, line.version, values)
        if edit is None:
            text = errors.CHANGED_MEANWHILE.fill(stored=person.version, given=line.version)
            raise Refused({"version": [text]}, clash=True, person=person)
        if edit.clashes:
            raise Refused(edit.clashes, clash=True, person=person)
        return edit.values, edit.kept

    def _proof(self, given: Permission) -> Proof:
        return Proof(way="import", evidence=given.evidence, by=self._by)


def _new_to(person: Customer, line: Line) -> dict[str, Any]:
    """Return what the row says of the person: not the address of somebody merged into it, which led here."""
    values = dict(line.values)
    if line.id is None and line.number is None and email_of(line) != person.email_key:
        values.pop("email", None)
    return values


def _differs(person: Customer, values: dict[str, Any]) -> bool:
    return any(getattr(person, name) != value for name, value in values.items())
