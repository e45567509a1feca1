"""Whom the rows of a batch are about: what the database knows, and what earlier rows have made of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from services.customers import errors, queries
from services.customers.lines import Errors, Line
from services.customers.models import Customer
from shared.errors import Text
from shared.values import email_key


class Refused(Exception):
    """A row that cannot be taken. `clash`: it clashes with `person` rather than being wrong in itself."""

    def __init__(self, wrong: Errors, *, clash: bool, person: Customer | None = None) -> None:
        super().__init__(wrong)
        self.errors = wrong
        self.clash = clash
        self.person = person


class People:
    """Everybody whom some row of the batch may mean, as of the row that is being looked at."""

    def __init__(self, session: Session, match_on: tuple[str, ...]) -> None:
        self._session = session
        self._match_on = match_on
        self.stored: dict[UUID, Customer] = {}
        self._now: dict[UUID, Customer] = {}
        self._survivors: set[UUID] = set()
        self._by_number: dict[int, UUID] = {}
        self._by_email: defaultdict[str, dict[UUID, None]] = defaultdict(dict)

    def look_up(self, lines: Iterable[Line]) -> None:
        """Find everybody: one question for each kind of key. An id decides alone, so it is asked first."""
        lines = [line for line in lines if not line.errors]
        self._know(
            queries.people_by_id(
                self._session, {line.id for line in lines if line.id is not None}
            ).values()
        )
        rest = [line for line in lines if line.id not in self.stored]
        numbers = {line.number for line in lines if line.number is not None} - set(self._by_number)
        if "number" in self._match_on:
            self._know(queries.people_by_number(self._session, numbers))
        if "email" in self._match_on:
            keys = {key for line in rest if (key := email_of(line)) is not None}
            self._know(queries.people_by_email(self._session, keys))
        while unseen := self._survivors - self.stored.keys():
            self._know(queries.people_by_id(self._session, unseen).values())

    def _know(self, people: Iterable[Customer]) -> None:
        for person in people:
            if person.id not in self.stored:
                self.stored[person.id] = person
                self.note(person)
                if person.merged_into is not None:
                    self._survivors.add(person.merged_into)

    def note(self, person: Customer) -> None:
        """This is what the person looks like for the rows that follow."""
        before = self._now.get(person.id)
        if before is not None and before.email_key and before.email_key != person.email_key:
            self._by_email[before.email_key].pop(person.id, None)
        self._now[person.id] = person
        if person.number:
            self._by_number[person.number] = person.id
        if person.email_key:
            self._by_email[person.email_key][person.id] = None

    def match(self, line: Line) -> Customer | None:
        """Return whom the row means, None if nobody. Raises Refused where that is not certain.

        The id decides; with it the e-mail address is only data. A number has to agree with the address, if
        that belongs to somebody: numbers of a foreign system must not overwrite ours. Who was merged into
        another customer means that one; but a version is that of a row, and this row is no more.
        """
        named = None if line.id is None else self._now.get(line.id)
        if named is not None and named.merged_into is not None and line.version is not None:
            raise _several(errors.MERGED_AWAY, "version", [self._meant(named)])
        by_id = None if named is None else self._meant(named)
        by_number = self._numbered(line)
        if by_id is not None:
            if by_number is not None and by_number.id != by_id.id:
                raise _several(errors.CONTRADICTION, "number", [by_id, by_number])
            return _alive(by_id, "id")
        by_email = self._addressed(line)
        if by_number is not None:
            if by_email and by_number not in by_email:
                raise _several(errors.TWO_PERSONS, "email", [by_number, *by_email])
            return _alive(by_number, "number")
        if len(by_email) > 1:
            # A family's address: if only one of them is still active, it is that one.
            active = [person for person in by_email if person.active]
            if len(active) != 1:
                raise _several(errors.TWO_PERSONS, "email", by_email)
            by_email = active
        return by_email[0] if by_email else None

    def _numbered(self, line: Line) -> Customer | None:
        if line.number is None or "number" not in self._match_on:
            return None
        found = self._by_number.get(line.number)
        if found is None:
            text = errors.NO_SUCH_NUMBER.fill(number=line.number)
            raise Refused({"number": [text]}, clash=False)
        return self._meant(self._now[found])

    def _addressed(self, line: Line) -> list[Customer]:
        key = email_of(line)
        if key is None or "email" not in self._match_on or key not in self._by_email:
            return []
        found = [self._meant(self._now[person]) for person in self._by_email[key]]
        return list({person.id: person for person in found}.values())

    def _meant(self, person: Customer) -> Customer:
        while person.merged_into is not None:
            person = self._now[person.merged_into]
        return person


def email_of(line: Line) -> str | None:
    """Return what the row's address is compared by."""
    address = line.values.get("email")
    if address is None:
        return None
    return email_key(address)


def _alive(person: Customer, key: str) -> Customer:
    if person.erased_at is not None:
        raise Refused({key: [errors.ERASED]}, clash=True)
    return person


def _several(text: Text, field: str, people: list[Customer]) -> Refused:
    named = ", ".join(f"{p.number or '?'} ({p.id})" for p in people)
    return Refused({field: [text.fill(customers=named)]}, clash=True)
