"""What a changed definition does to the values that there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions.values import Document, merge_values
from services.groups.errors import ValuesWouldBreak
from services.groups.models import Attribute, Scope
from shared.values import Stored, ValueRefused

ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class Rules:
    """The part of a definition that values are read by."""

    type: str
    choices: tuple[str, ...]
    pattern: str | None

    @classmethod
    def of(cls, attribute: Attribute) -> Rules:
        return cls(attribute.type, tuple(attribute.choices), attribute.pattern)

    def allow_all_of(self, former: Rules) -> bool:
        """True if no value that could be stored by the former rules is refused or different by these."""
        return (
            self.type == former.type
            and set(self.choices) >= set(former.choices)
            and self.pattern in (None, former.pattern)
        )


def convert_values(
    session: Session, attribute: Attribute, renamed: Mapping[str, str], now: datetime
) -> None:
    """Read every stored value as the definition does now. Raises ValuesWouldBreak if one cannot be.

    Values of bookings and history entries belong to another service, which keeps them as they are: they have
    to read as what they were.
    """
    parse = attribute.parser()
    ours = attribute.scope == Scope.customer
    broken, example = 0, ""
    for rows in _stored(session, attribute):
        converted: dict[UUID, Document] = {}
        for row_id, value in rows:
            try:
                read = parse(as_input(_renamed(value, renamed), attribute.type))
            except ValueRefused:
                read = None
            if read is None or not (ours or _same(read, value)):
                broken, example = broken + 1, example or str(value)[:60]
            else:
                converted[row_id] = {attribute.key: read}
        if ours and not broken:
            merge_values(session, converted, now=now)
    if broken:
        raise ValuesWouldBreak(
            count=broken,
            whose=queries.kept(attribute).whose,
            label=attribute.label["de"],
            example=f"'{example}'",
            extra={"count": broken},
        )


def drop_values(session: Session, attribute: Attribute, now: datetime) -> None:
    """Take a customer attribute's values away from all who have one.

    Also where nobody counts: at merged customers, who have theirs again if the merge is undone.
    """
    for rows in _stored(session, attribute):
        merge_values(session, {row_id: {attribute.key: None} for row_id, _ in rows}, now=now)


def _renamed(value: Stored, renamed: Mapping[str, str]) -> Stored:
    return renamed.get(value, value) if isinstance(value, str) else value


def _same(read: Stored, value: Stored) -> bool:
    return type(read) is type(value) and read == value


def as_input(value: Stored, type_: str) -> Stored:
    """Return a stored value as someone would type it into an attribute of another type."""
    if isinstance(value, str) or type_ not in ("text", "multiline", "choice"):
        return value
    if isinstance(value, bool):
        return "ja" if value else "nein"
    return str(value)


def _stored(session: Session, attribute: Attribute) -> Iterator[list[tuple[UUID, Stored]]]:
    """Give all stored values of an attribute, by where they are, a part at a time."""
    place = queries.kept(attribute)
    last: UUID | None = None
    while True:
        statement = queries.having(session, attribute, place.id, place.document)
        if last is not None:
            statement = statement.where(place.id > last)
        rows = session.execute(statement.order_by(place.id).limit(ROWS_AT_ONCE)).all()
        if not rows:
            return
        last = rows[-1][0]
        yield [(row_id, document[attribute.key]) for row_id, document in rows]
