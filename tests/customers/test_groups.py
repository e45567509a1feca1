"""The copies of groups and memberships: shown with the customer, and filtered by."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from services.customers.handlers import HANDLERS
from shared.db import Database
from shared.events.groups import (
    CustomerAddedToGroup,
    CustomerRemovedFromGroup,
    GroupChanged,
    GroupCreated,
    GroupDeleted,
)
from tests.customers.conftest import BASE

NOON = datetime(2026, 5, 3, 12, 0, 0, tzinfo=UTC)
TRAVEL, GREECE, CRETE = (UUID(int=i) for i in (1, 2, 3))
UNDER = {TRAVEL: [], GREECE: [TRAVEL], CRETE: [GREECE, TRAVEL]}
PATHS = {TRAVEL: "Reisen", GREECE: "Reisen/Griechenland", CRETE: "Reisen/Griechenland/Kreta"}


@pytest.fixture
def hear(database: Database) -> Callable[..., None]:
    """Hand events to the service, each in its own transaction."""

    def hear(*events: Any) -> None:
        for event in events:
            with database.transaction() as session:
                HANDLERS[type(event)](session, [event])

    return hear


def created(group: UUID) -> GroupCreated:
    return GroupCreated(
        group_id=group,
        version=1,
        group_name=PATHS[group].rpartition("/")[2],
        path=PATHS[group],
        ancestor_ids=UNDER[group],
    )


def moved(
    group: UUID, version: int, path: str, *ancestors: UUID, origin: str = "local"
) -> GroupChanged:
    return GroupChanged(
        group_id=group,
        version=version,
        group_name=path.rpartition("/")[2],
        path=path,
        ancestor_ids=list(ancestors),
        origin=origin,
    )


def joined(customer: dict[str, Any], group: UUID, at: datetime = NOON) -> CustomerAddedToGroup:
    return CustomerAddedToGroup(
        customer_id=UUID(customer["id"]),
        group_id=group,
        group_path=PATHS[group],
        ancestor_ids=UNDER[group],
        source="manual",
        start_sequences="yes",
        occurred_at=at,
    )


def left(customer: dict[str, Any], group: UUID, at: datetime) -> CustomerRemovedFromGroup:
    return CustomerRemovedFromGroup(
        customer_id=UUID(customer["id"]),
        group_id=group,
        group_path=PATHS[group],
        ancestor_ids=UNDER[group],
        source="manual",
        occurred_at=at,
    )


@pytest.fixture
def listed(client: FlaskClient) -> Callable[..., list[int]]:
    """The numbers of the customers that a filter finds."""

    def listed(**filters: Any) -> list[int]:
        page = client.get(BASE, query_string={"sort": "number", **filters}).json
        assert page["total"] == len(page["items"])
        return [customer["number"] for customer in page["items"]]

    return listed


def test_a_customer_shows_the_groups_it_is_in(
    create: Callable, read: Callable, hear: Callable
) -> None:
    customer = create()

    hear(created(TRAVEL), created(GREECE), joined(customer, GREECE), joined(customer, TRAVEL))

    assert read(customer["id"])["groups"] == [
        {"id": str(TRAVEL), "path": "Reisen", "origin": "local"},
        {"id": str(GREECE), "path": "Reisen/Griechenland", "origin": "local"},
    ]
    hear(moved(GREECE, 2, PATHS[GREECE], TRAVEL, origin="franchise"))
    assert read(customer["id"])["groups"][1]["origin"] == "franchise"


def test_the_list_is_filtered_by_group_with_or_without_subgroups(
    create: Callable, hear: Callable, listed: Callable
) -> None:
    everybody = [create() for _ in range(4)]
    hear(*map(created, PATHS))
    for customer, group in zip(everybody, PATHS, strict=False):
        hear(joined(customer, group))

    assert listed(group=str(TRAVEL)) == listed(group="Reisen") == [1]
    assert listed(group="Reisen", include_subgroups="true") == [1, 2, 3]
    assert listed(group=str(GREECE), include_subgroups="true") == [2, 3]
    assert listed(group="Gibt es nicht") == listed(group=str(uuid4())) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"groups": ["Reisen", PATHS[GREECE]]}, {"Anna", "Björn", "Clara"}),
        ({"groups": ["Reisen", PATHS[GREECE]], "group_mode": "all"}, {"Clara"}),
        ({"group": "Reisen", "groups": [PATHS[CRETE]], "group_mode": "all"}, set()),
        ({"groups": ["Reisen", PATHS[GREECE]], "group_mode": "none"}, {"Doris"}),
        ({"group": "Reisen", "group_mode": "none"}, {"Björn", "Doris"}),
        ({"group": "Reisen", "group_mode": "none", "include_subgroups": "true"}, {"Doris"}),
        (
            {"group": "Reisen", "group_mode": "all", "include_subgroups": "true"},
            {"Anna", "Björn", "Clara"},
        ),
        ({"group": "Gibt es nicht", "group_mode": "none"}, {"Anna", "Björn", "Clara", "Doris"}),
        ({"group_mode": "none"}, {"Anna", "Björn", "Clara", "Doris"}),
    ],
)
def test_the_list_shows_who_is_in_any_all_or_none_of_the_groups(
    client: FlaskClient, create: Callable, hear: Callable, asked: dict, found: set[str]
) -> None:
    where = {"Anna": [TRAVEL], "Björn": [GREECE], "Clara": [TRAVEL, GREECE], "Doris": []}
    hear(*(created(group) for group in UNDER))
    for name, groups in where.items():
        customer = create(first_name=name, last_name="Maier")
        hear(*(joined(customer, group) for group in groups))

    page = client.get(BASE, query_string=asked).json

    assert {one["first_name"] for one in page["items"]} == found
    assert page["total"] == len(found)


def test_a_moved_group_takes_its_members_along(
    create: Callable, hear: Callable, listed: Callable, read: Callable
) -> None:
    customer = create()
    hear(*map(created, PATHS), joined(customer, CRETE))

    hear(moved(CRETE, 2, "Kreta"))

    assert read(customer["id"])["groups"] == [
        {"id": str(CRETE), "path": "Kreta", "origin": "local"}
    ]
    assert listed(group="Reisen", include_subgroups="true") == []
    assert listed(group="Kreta") == [1]


def test_old_news_of_a_group_change_nothing(
    create: Callable, hear: Callable, read: Callable
) -> None:
    customer = create()

    hear(
        moved(GREECE, 3, "Hellas"),
        joined(customer, GREECE),
        moved(GREECE, 2, "Alt"),
        created(GREECE),
    )

    assert [g["path"] for g in read(customer["id"])["groups"]] == ["Hellas"]


def test_a_membership_may_be_heard_of_before_its_group(
    create: Callable, hear: Callable, read: Callable, listed: Callable
) -> None:
    customer = create()

    hear(joined(customer, GREECE))

    assert [g["path"] for g in read(customer["id"])["groups"]] == ["Reisen/Griechenland"]
    assert listed(group=str(TRAVEL), include_subgroups="true") == [1]


def test_a_deleted_group_is_shown_no_more(create: Callable, hear: Callable, read: Callable) -> None:
    customer = create()
    hear(created(GREECE), joined(customer, GREECE))

    hear(GroupDeleted(group_id=GREECE, version=2), created(GREECE))

    assert read(customer["id"])["groups"] == []


def test_memberships_end_the_same_in_whatever_order_their_news_arrive(
    create: Callable, hear: Callable, read: Callable
) -> None:
    hear(created(GREECE))
    ends = []
    for order in permutations(range(3)):
        customer = create()
        news = [
            joined(customer, GREECE, NOON),
            left(customer, GREECE, NOON + timedelta(hours=1)),
            joined(customer, GREECE, NOON + timedelta(hours=2)),
        ]
        hear(*(news[i] for i in order))
        ends.append(len(read(customer["id"])["groups"]))

    assert ends == [1] * 6


def test_who_left_is_in_the_group_no_more(
    create: Callable, hear: Callable, listed: Callable
) -> None:
    customer = create()
    hear(created(GREECE), joined(customer, GREECE))

    hear(left(customer, GREECE, NOON + timedelta(hours=1)), joined(customer, GREECE, NOON))

    assert listed(group=str(GREECE)) == []


def test_thousands_of_memberships_are_taken_at_once(
    batch: Callable, database: Database, listed: Callable, client: FlaskClient
) -> None:
    people = batch(*({"last_name": f"Kunde {i}"} for i in range(1_000)))

    with database.transaction() as session:
        HANDLERS[CustomerAddedToGroup](
            session,
            [
                joined(p, g, NOON + timedelta(seconds=i))
                for p in people
                for i, g in enumerate(PATHS)
            ],
        )

    page = client.get(BASE, query_string={"group": str(CRETE), "limit": 500}).json
    assert (page["total"], len(page["items"])) == (1_000, 500)
    assert all(len(customer["groups"]) == 3 for customer in page["items"])
