"""Who has to be compared with whom: customers that share an address, a number or the sound of a name."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.customers.models import customers
from shared.db import among

MOST = 30
"""So many may share one key. Above that (a Thomas Müller, an office's mailbox) a second key must agree."""

COMPARED = (
    "salutation", "title", "first_name", "last_name", "company", "email", "phone", "mobile", "street",
    "postal_code", "city", "birthday",
)  # fmt: skip
"""The fields that tell whether two customers are one person."""

_READ = [
    customers.c[name]
    for name in (
        "id",
        *(name for name in COMPARED if name not in ("email", "phone", "mobile")),
        "email_key",
        "phone_key",
        "mobile_key",
        "name_code",
    )
]
_SECOND = {
    "name_code": ("postal_code", "birthday"),
    "email_key": ("name_code", "postal_code", "birthday"),
    "phone_key": ("name_code", "postal_code", "birthday"),
    "mobile_key": ("name_code", "postal_code", "birthday"),
}

Pair = tuple[UUID, UUID]


class _Key(NamedTuple):
    column: str
    value: str
    second: str = ""
    agrees: str = ""


def comparable(session: Session, ids: Iterable[UUID]) -> dict[UUID, Any]:
    """Return of these customers, as far as they are there, what they are compared by."""
    rows = session.execute(
        select(*_READ).where(
            among(customers.c.id, list(ids)),
            customers.c.erased_at.is_(None),
            customers.c.merged_into.is_(None),
        )
    )
    return {row.id: row for row in rows}


def partners(session: Session, people: Iterable[Any]) -> set[Pair]:
    """Return the pairs in which one of the people is to be compared; the smaller id comes first."""
    owners: defaultdict[_Key, list[Any]] = defaultdict(list)
    for person in people:
        for key in _keys(person):
            owners[key].append(person)
    pairs: set[Pair] = set()
    closer: defaultdict[_Key, list[Any]] = defaultdict(list)
    for key, members in _members(session, list(owners)).items():
        if len(members) <= MOST:
            _pair(pairs, owners[key], members)
            continue
        for person in owners[key]:
            for second in _SECOND[key.column]:
                if (value := getattr(person, second)) is not None:
                    closer[_Key(key.column, key.value, second, str(value))].append(person)
    for key, members in _members(session, list(closer)).items():
        _pair(pairs, closer[key], members)
    return pairs


def _keys(person: Any) -> set[_Key]:
    found = {_Key("email_key", person.email_key)} if person.email_key else set()
    for number in (person.phone_key, person.mobile_key):
        if number:
            found |= {_Key("phone_key", number), _Key("mobile_key", number)}
    if person.name_code:
        # Last and first name may have been swapped.
        turned = " ".join(reversed(person.name_code.split(" ")))
        found |= {_Key("name_code", person.name_code), _Key("name_code", turned)}
    return found


def _pair(pairs: set[Pair], some: Iterable[Any], members: Iterable[UUID]) -> None:
    for person in some:
        own = person.id
        pairs.update((own, m) if own < m else (m, own) for m in members if m != own)


def _members(session: Session, keys: Sequence[_Key]) -> dict[_Key, list[UUID]]:
    """Return who has each key; of many only some, but more than MOST."""
    found: dict[_Key, list[UUID]] = {}
    shapes: defaultdict[tuple[str, str], list[_Key]] = defaultdict(list)
    for key in keys:
        shapes[key.column, key.second].append(key)
    for (column, second), some in shapes.items():
        for position, customer_id in _look_up(session, column, second, some):
            found.setdefault(some[position], []).append(customer_id)
    return found


_ALIVE = "c.erased_at IS NULL AND c.merged_into IS NULL"


def _look_up(
    session: Session, column: str, second: str, keys: Sequence[_Key]
) -> list[tuple[int, UUID]]:
    if session.get_bind().dialect.name == "postgresql":
        agrees = "k.agrees::date" if second == "birthday" else "k.agrees"
        also = f"AND c.{second} = {agrees}" if second else ""
        # Each key is looked up by itself and given up after a few: a block of thousands costs no more.
        rows = session.execute(
            text(
                "SELECT k.position - 1, m.id FROM unnest(CAST(:given AS text[]), CAST(:agrees AS text[]))"
                " WITH ORDINALITY AS k (value, agrees, position) CROSS JOIN LATERAL"
                f" (SELECT c.id FROM customers c WHERE c.{column} = k.value {also} AND {_ALIVE}"
                " LIMIT :most) m"
            ),
            {
                "given": [key.value for key in keys],
                "agrees": [key.agrees for key in keys],
                "most": MOST + 1,
            },
        )
        return [(position, customer_id) for position, customer_id in rows]
    also = f"AND c.{second} = json_extract(k.value, '$[1]')" if second else ""
    rows = session.execute(
        text(
            "SELECT position, id FROM (SELECT k.key AS position, c.id AS id,"
            " row_number() OVER (PARTITION BY k.key) AS n FROM json_each(:keys) k"
            f" JOIN customers c ON c.{column} = json_extract(k.value, '$[0]') {also} AND {_ALIVE})"
            " WHERE n <= :most"
        ),
        {"keys": json.dumps([(key.value, key.agrees) for key in keys]), "most": MOST + 1},
    )
    return [(int(position), UUID(customer_id)) for position, customer_id in rows]
