"""The customer list: found, filtered, sorted, paged."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from services.customers.models import group_ancestors, groups, memberships
from shared.db import Database, bulk_insert, new_id, utcnow
from tests.customers.conftest import BASE

PEOPLE: list[dict[str, Any]] = [
    {"first_name": "Jörg", "last_name": "Müller", "email": "joerg.mueller@Example.de"},
    {"first_name": "Anna", "last_name": "Muller", "company": "Weiß & Söhne"},
    {"first_name": "Bernd", "last_name": "Mueller", "phone": "0171 / 123 45 67"},
    {"first_name": "Zoë", "last_name": "Ångström", "mobile": "+49 (0)30 5557788"},
    {"company": "Österreichische 100%_Bahn", "phone": "+43 660 1234567"},
    {"email": "nur.adresse@xn--mller-kva.de"},
]


@pytest.fixture
def people(batch: Callable) -> list[dict[str, Any]]:
    return batch(*PEOPLE, source="pos")


@pytest.fixture
def found(client: FlaskClient, people: list[dict[str, Any]]) -> Callable[..., list[int]]:
    """The numbers that the list answers with."""

    def found(**query: Any) -> list[int]:
        response = client.get(BASE, query_string={"sort": "number", **query})
        assert response.status_code == 200, response.json
        assert response.json["total"] == len(response.json["items"])
        return [item["number"] for item in response.json["items"]]

    return found


SEARCHES: list[tuple[str, list[int]]] = [
    ("Müller", [1, 2, 3, 6]),
    ("mueller", [1, 2, 3, 6]),
    ("MULLER", [1, 2, 3, 6]),
    ("ülle", [1, 2, 3, 6]),
    ("jörg müller", [1]),
    ("muller joerg", [1]),
    ("anna weiss", [2]),
    ("WEISS", [2]),
    ("angstrom", [4]),
    ("Ång", [4]),
    ("oesterreich", [5]),
    ("osterreich", [5]),
    ("100%_b", [5]),
    ("100x_b", []),
    ("example.DE", [1]),
    ("0171 1234567", [3]),
    ("+49 171 12345", [3]),
    ("0049171/123-45", [3]),
    ("123 45 67", [3, 5]),
    ("030 5557788", [4]),
    ("+43660", [5]),
    ("0660 1234", [5]),
    ("nur.adresse", [6]),
    ("mueller 0171 123", [3]),
    ("-", []),
    ("+", []),
    ("gibt es nicht", []),
    ("5", [3, 4, 5]),
]


def test_parts_of_anything_known_find_the_customer(found: Callable) -> None:
    assert [(q, found(q=q)) for q, _ in SEARCHES] == SEARCHES


def test_a_part_may_begin_inside_an_umlaut_spelled_out(
    client: FlaskClient, create: Callable
) -> None:
    create(company="Raphael-Müller GmbH")

    for q in ("el-Müller", "hael-müll", "EL-MUELLER", "raphal-muller"):
        assert client.get(BASE, query_string={"q": q}).json["total"] == 1, q


def test_blank_searches_find_everybody(found: Callable) -> None:
    assert found(q="  ") == found() == [1, 2, 3, 4, 5, 6]


def test_names_sort_as_in_a_german_telephone_book(client: FlaskClient, people: list) -> None:
    def names(sort: str) -> list[str]:
        items = client.get(BASE, query_string={"sort": sort}).json["items"]
        return [item["last_name"] or item["company"] or item["email"] for item in items]

    ordered = [
        "Ångström", "Mueller", "Müller", "Muller", "nur.adresse@müller.de",
        "Österreichische 100%_Bahn",
    ]  # fmt: skip
    assert names("name") == ordered
    assert names("-name") == ordered[::-1]


def test_all_of_one_name_come_before_the_double_names_that_begin_with_it(
    client: FlaskClient, batch: Callable
) -> None:
    batch(
        {"last_name": "Müller-Alt", "first_name": "Anna"},
        {"last_name": "Muellers"},
        {"last_name": "MÜLLER", "first_name": "Zoë"},
        {"last_name": "von der Heide", "first_name": "Uwe"},
        {"last_name": "Müller Berg"},
        {"last_name": "Mueller", "first_name": "Änne"},
        {"last_name": "Müller"},
        {"last_name": "Mühl", "first_name": "Zacharias"},
    )

    items = client.get(BASE).json["items"]

    assert [f"{item['last_name']} {item['first_name'] or ''}".strip() for item in items] == [
        "Mühl Zacharias", "Müller", "Mueller Änne", "MÜLLER Zoë", "Müller-Alt Anna", "Müller Berg",
        "Muellers", "von der Heide Uwe",
    ]  # fmt: skip


def test_pages_show_everybody_once(client: FlaskClient, batch: Callable) -> None:
    batch(*({"last_name": f"Meia {i % 7}", "city": str(i)} for i in range(23)))

    def walked(**query: Any) -> list[int]:
        seen: list[int] = []
        cursor: dict[str, str] = {}
        while True:
            page = client.get(BASE, query_string={"limit": 5, **query, **cursor}).json
            assert page["total"] == 23
            seen += [item["number"] for item in page["items"]]
            if page["next"] is None:
                return seen
            cursor = {"cursor": page["next"]}

    everybody = list(range(1, 24))
    for sort in ("number", "registered_at", "updated_at", "name"):
        for search in ({}, {"q": "a"}):
            up, down = walked(sort=sort, **search), walked(sort=f"-{sort}", **search)
            assert sorted(up) == everybody
            assert down == up[::-1]
    assert walked(sort="number") == everybody


def test_the_list_filters_by_each_thing(
    client: FlaskClient, found: Callable, people: list[dict[str, Any]], create: Callable
) -> None:
    client.post(f"{BASE}/{people[1]['id']}/deactivate")
    create(last_name="Später", source="web_form")

    assert found() == [1, 3, 4, 5, 6, 7]
    assert found(active="false") == [2]
    assert found(active="all") == [1, 2, 3, 4, 5, 6, 7]
    assert found(number=2, active="all") == [2]
    assert found(email="JOERG.mueller@example.de") == [1]
    assert found(email="nur.adresse@MÜLLER.de") == [6]
    assert found(email="keine Adresse") == []
    assert found(source="web_form") == [7]
    assert found(source="booking") == []
    assert found(source="pos", q="muller") == [1, 3, 6]
    assert found(q="anna", active="all") == [2]


NONSENSE: list[dict[str, Any]] = [
    {"cursor": "abc"},
    {"cursor": "6."},
    {"cursor": "6.W10"},
    {"cursor": "-1.W10"},
    {"cursor": "99999999999999999999.W10"},
    {"limit": 0},
    {"limit": 501},
    {"sort": "city"},
    {"active": "maybe"},
    {"opt_in": "perhaps"},
    {"source": "nowhere"},
    {"number": "99999999999999999999999"},
    {"number": "1.5"},
    {"q": "\0"},
    {"q": "x" * 201},
]


def test_a_question_that_makes_no_sense_is_refused(client: FlaskClient) -> None:
    for query in NONSENSE:
        response = client.get(BASE, query_string=query)

        assert response.status_code == 422, query
        assert list(response.json["errors"]) == list(query)


def test_a_cursor_of_another_order_is_refused(client: FlaskClient, people: list) -> None:
    cursor = client.get(BASE, query_string={"limit": 2}).json["next"]

    response = client.get(BASE, query_string={"limit": 2, "cursor": cursor, "sort": "number"})

    assert response.status_code == 422


def test_sources_are_found_in_every_combination(
    client: FlaskClient, batch: Callable, create: Callable
) -> None:
    batch({"last_name": "Nur Kasse"}, source="pos")
    batch({"last_name": "Beides", "email": "b@x.de"}, source="pos")
    batch({"last_name": "Beides", "email": "b@x.de", "city": "Ulm"}, source="voucher")
    create(last_name="Formular", source="web_form")

    def found(source: str) -> list[int]:
        return [
            c["number"] for c in client.get(BASE, query_string={"source": source}).json["items"]
        ]

    assert found("pos") == [2, 1]
    assert found("web_form") == [3]
    assert found("booking") == []


@pytest.mark.parametrize("several", [False, True], ids=["one group", "with subgroups"])
def test_a_group_with_very_many_members_is_walked_and_counted_to_a_bound(
    client: FlaskClient, batch: Callable, database: Database, several: bool
) -> None:
    members: list[str] = []
    for first in range(0, 10_500, 3_500):
        rows = batch(*({"last_name": f"Maier {i:05}"} for i in range(first, first + 3_500)))
        members += [row["id"] for row in rows]
    above, below = new_id(), new_id()
    now = utcnow()
    with database.transaction() as session:
        names = ("id", "version", "path", "deleted")
        bulk_insert(session, groups, names, [(above, 1, "A", False), (below, 1, "A/B", False)])
        bulk_insert(session, group_ancestors, ("group_id", "ancestor_id"), [(below, above)])
        bulk_insert(
            session,
            memberships,
            ("customer_id", "group_id", "member", "changed_at"),
            [(UUID(m), g, True, now) for m in members[:-1] for g in (above, below)[: 1 + several]],
        )

    query = {
        "group": "A",
        "sort": "-number",
        "limit": 500,
        "include_subgroups": str(several).lower(),
    }
    page = client.get(BASE, query_string=query).json
    following = client.get(BASE, query_string={**query, "cursor": page["next"]}).json

    numbers = [item["number"] for item in page["items"] + following["items"]]
    assert numbers == list(range(10_499, 9_499, -1))
    assert page["total"] == 10_001


def test_a_search_with_very_many_hits_is_still_complete(
    client: FlaskClient, batch: Callable
) -> None:
    """Above ten thousand hits the list is walked instead of collecting them; nobody may get lost by that."""
    for first in range(0, 10_500, 5_000):
        batch(*({"last_name": f"Maier {i}"} for i in range(first, min(first + 5_000, 10_500))))

    query = {"q": "maier", "sort": "-number", "limit": 500}
    first_page = client.get(BASE, query_string=query).json
    next_page = client.get(BASE, query_string={**query, "cursor": first_page["next"]}).json

    numbers = [item["number"] for item in first_page["items"] + next_page["items"]]
    assert numbers == list(range(10_500, 9_500, -1))
    assert first_page["total"] == next_page["total"] == 10_001
