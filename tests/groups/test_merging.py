"""Merged customers share groups and values, and get exactly their own back when the merge is undone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import permutations
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from services.groups import actions
from services.groups.models import AttributeValues, Contact, Membership, MergeRecord, PastMembership
from shared.consumer import passes
from shared.db import new_id, utcnow
from shared.events.customers import CustomerErased, CustomersMerged, MergeUndone
from tests.groups.caller import registered


def merged(survivor, *losers, at=10, operation=None, **attributes):
    """Told when the survivor's and the losers' version became `at`."""
    return CustomersMerged(
        customer_id=survivor,
        merged_ids=list(losers),
        version=at,
        merged_versions=[at] * len(losers),
        operation_id=operation or new_id(),
        occurred_at=utcnow(),
        attributes=attributes,
    )


def undone(survivor, *losers, at=11):
    return MergeUndone(
        customer_id=survivor,
        merged_ids=list(losers),
        version=at,
        merged_versions=[at] * len(losers),
        occurred_at=utcnow(),
    )


def groups_of(groups, customer_id) -> set[str]:
    now = (utcnow() + timedelta(seconds=1)).isoformat()
    items = groups.get("/memberships", customer_id=customer_id, at=now, limit=500).json["items"]
    return {item["group_path"] for item in items}


def values_of(groups, customer_id):
    return groups.get(f"/attribute-values/{customer_id}").json


def give(groups, customer_id, **values):
    answer = groups.patch(f"/attribute-values/{customer_id}", values)
    assert answer.status_code == 200, answer.json


def everything(groups, *people):
    """What is stored of the people, but for versions and moments of writing."""
    with groups.database.reading() as session:
        return {
            "open": set(session.execute(select(*Membership.__table__.columns)).all()),
            "past": set(session.execute(select(*PastMembership.__table__.columns)).all()),
            "values": {
                row.customer_id: row.document
                for row in session.scalars(select(AttributeValues))
                if row.document
            },
            "merged": {
                person: session.get(Contact, person) and session.get(Contact, person).merged_into
                for person in people
            },
            "records": session.scalar(select(func.count()).select_from(MergeRecord)),
        }


@pytest.fixture
def anna(groups) -> UUID:
    """Is in A/Tief, is called Anna, and has a job."""
    for path in ("A", "A/Tief", "B", "C"):
        groups.group(path)
    for label in ("Beruf", "Ort", "Hund"):
        groups.attribute(label)
    anna = new_id()
    groups.hear(registered(anna))
    groups.add("A/Tief", anna)
    give(groups, anna, beruf="Maurer", hund="Rex")
    return anna


@pytest.fixture
def twin(groups, anna) -> UUID:
    """Is in A/Tief as well, and in B."""
    twin = new_id()
    groups.hear(registered(twin))
    groups.add("A/Tief", twin)
    groups.add("B", twin)
    give(groups, twin, beruf="Dachdecker", ort="Ulm")
    return twin


def test_the_survivor_gets_what_it_lacks(groups, anna, twin):
    operation = new_id()
    before = groups.get("/memberships", customer_id=anna).json["items"]

    groups.hear(merged(anna, twin, operation=operation))

    assert groups_of(groups, anna) == {"A/Tief", "B"}
    assert values_of(groups, anna) == {"beruf": "Maurer", "hund": "Rex", "ort": "Ulm"}
    listed = groups.get("/memberships", customer_id=anna, limit=500).json["items"]
    assert [item for item in listed if item in before] == before, "what it had stays as it was"
    [brought] = [
        item for item in listed if item["customer_id"] == str(anna) and item["group_path"] == "B"
    ]
    assert (brought["source"], brought["reference"]) == ("merge", str(operation))
    assert groups.told("attributes_changed")[-1] == {
        **groups.told("attributes_changed")[-1],
        "customer_id": str(anna),
        "values": {"beruf": "Maurer", "hund": "Rex", "ort": "Ulm"},
    }


def test_a_merge_is_told_without_starting_sequences(groups, anna, twin):
    told = len(groups.told())

    groups.hear(merged(anna, twin))

    news = groups.told()[told:]
    left = [e for e in news if "start_sequences" not in e and "group_path" in e]
    joined = [e for e in news if "start_sequences" in e]
    assert {(e["customer_id"], e["group_path"], e["source"]) for e in left} == {
        (str(twin), "A/Tief", "merge"),
        (str(twin), "B", "merge"),
    }
    assert [
        (e["customer_id"], e["group_path"], e["source"], e["start_sequences"]) for e in joined
    ] == [(str(anna), "B", "merge", "no")]


def test_who_is_merged_is_counted_and_listed_nowhere(groups, anna, twin):
    assert groups.counts("A") == (0, 2)

    groups.hear(merged(anna, twin))

    assert groups.counts("A") == (0, 1)
    assert groups.counts("A/Tief") == (1, 1)
    assert groups.counts("B") == (1, 1)
    for path in ("A/Tief", "B"):
        group_id = groups.named(path)["id"]
        members = groups.get(f"/groups/{group_id}/members").json["items"]
        assert [member["customer_id"] for member in members] == [str(anna)]
    [beruf] = [a for a in groups.get("/attributes").json["items"] if a["key"] == "beruf"]
    refused = groups.delete(f"/attributes/{beruf['id']}", beruf["version"])
    assert refused.json["count"] == 1


def test_who_was_a_member_at_a_moment_stays_true(groups, anna, twin):
    before = utcnow().isoformat()
    group_id = groups.named("B")["id"]

    groups.hear(merged(anna, twin))

    def members(at):
        items = groups.get("/memberships", group_id=group_id, at=at).json["items"]
        return [item["customer_id"] for item in items]

    after = (utcnow() + timedelta(seconds=1)).isoformat()
    assert members(before) == [str(twin)]
    assert members(after) == [str(anna)]
    asked = groups.get("/memberships", customer_id=anna, group_id=group_id, at=before).json
    assert asked["total"] == 1, "as the person it is by now, it was a member then, too"

    groups.hear(undone(anna, twin))
    after = (utcnow() + timedelta(seconds=1)).isoformat()
    assert members(before) == members(after) == [str(twin)]


def test_a_chosen_value_takes_the_place_of_the_survivors(groups, anna, twin):
    give(groups, twin, hund="Bello")

    groups.hear(merged(anna, twin, beruf=twin, hund=anna, ort=anna))

    assert values_of(groups, anna) == {"beruf": "Dachdecker", "hund": "Rex"}
    groups.hear(undone(anna, twin))
    assert values_of(groups, anna) == {"beruf": "Maurer", "hund": "Rex"}
    assert values_of(groups, twin) == {"beruf": "Dachdecker", "ort": "Ulm", "hund": "Bello"}


def test_of_several_the_first_fills_what_is_empty(groups, anna, twin):
    third = new_id()
    groups.hear(registered(third))
    give(groups, third, ort="Bonn", hund="Hasso")
    groups.add("C", third)
    before = everything(groups, anna, twin, third)

    groups.hear(merged(anna, twin, third))

    assert values_of(groups, anna)["ort"] == "Ulm"
    assert groups_of(groups, anna) == {"A/Tief", "B", "C"}
    groups.hear(undone(anna, twin, third))
    assert everything(groups, anna, twin, third) == before


def test_undoing_gives_back_exactly_what_was(groups, anna, twin):
    before = everything(groups, anna, twin)
    counts = {path: groups.counts(path) for path in groups.paths()}
    groups.hear(merged(anna, twin))
    told = len(groups.told())

    groups.hear(undone(anna, twin))

    assert everything(groups, anna, twin) == before
    assert {path: groups.counts(path) for path in groups.paths()} == counts
    news = [e for e in groups.told()[told:] if "group_path" in e]
    assert {e["source"] for e in news} == {"merge"}
    assert {e["start_sequences"] for e in news if "start_sequences" in e} == {"no"}
    assert {(e["customer_id"], e["group_path"], "start_sequences" in e) for e in news} == {
        (str(anna), "B", False),
        (str(twin), "A/Tief", True),
        (str(twin), "B", True),
    }


def test_what_happened_to_the_survivor_since_stays_with_it(groups, anna, twin):
    groups.hear(merged(anna, twin))
    b = groups.named("B")["id"]
    groups.delete(f"/groups/{b}/members/{anna}")
    groups.add("B", anna)
    groups.add("C", anna)
    give(groups, anna, ort="Köln", hund="Bello")

    groups.hear(undone(anna, twin))

    assert groups_of(groups, anna) == {"A/Tief", "B", "C"}
    assert values_of(groups, anna) == {"beruf": "Maurer", "ort": "Köln", "hund": "Bello"}
    assert groups_of(groups, twin) == {"A/Tief", "B"}
    assert values_of(groups, twin) == {"beruf": "Dachdecker", "ort": "Ulm"}


def test_who_left_a_group_since_does_not_come_back_to_it(groups, anna, twin):
    groups.hear(merged(anna, twin))
    for path in ("A/Tief", "B"):
        groups.delete(f"/groups/{groups.named(path)['id']}/members/{anna}")

    groups.hear(undone(anna, twin))

    assert groups_of(groups, anna) == set()
    assert groups_of(groups, twin) == {"A/Tief", "B"}


def test_what_is_meant_for_the_merged_goes_to_the_survivor(groups, anna, twin):
    last = new_id()
    groups.hear(merged(anna, twin))
    groups.hear(merged(last, anna, at=20))
    groups.group("Bucher", default_for=["booking"])

    groups.add("C", twin)
    groups.batch([{"customer_id": str(twin), "groups": ["Neu"]}], create_missing=True)
    give(groups, twin, hund="Bello")
    answer = groups.post(
        "/attribute-values/batch", {"rows": [{"customer_id": str(twin), "values": {"ort": "Rom"}}]}
    )
    groups.hear(registered(twin, "booking"))

    assert answer.json["results"][0]["status"] == "updated"
    assert groups_of(groups, last) == {"A/Tief", "B", "C", "Neu", "Bucher"}
    assert groups_of(groups, twin) == groups_of(groups, last)
    assert values_of(groups, last) == {"beruf": "Maurer", "hund": "Bello", "ort": "Rom"}
    assert values_of(groups, twin) == values_of(groups, last)
    groups.hear(undone(last, anna, at=21))
    groups.hear(undone(anna, twin, at=22))
    assert groups_of(groups, last) == {"C", "Neu", "Bucher"}, "it was done for the survivor"
    assert groups_of(groups, twin) == {"A/Tief", "B"}


def test_a_version_of_the_values_is_that_of_the_survivors(groups, anna, twin):
    groups.hear(merged(anna, twin))
    stored = groups.get(f"/attribute-values/{twin}")
    version = int(stored.headers["ETag"].strip('"'))

    assert groups.patch(f"/attribute-values/{twin}", {"ort": "Rom"}, version).status_code == 200
    assert groups.patch(f"/attribute-values/{twin}", {"ort": "Bonn"}, version).status_code == 412


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_merge_and_its_undoing_count_by_version(groups, anna, twin, order):
    third = new_id()
    groups.hear(registered(third))
    events = [merged(anna, twin), undone(anna, twin), merged(third, twin, at=12)]

    for number in order:
        groups.hear(events[number])
        groups.hear(events[number])

    assert groups_of(groups, anna) == {"A/Tief"}
    assert values_of(groups, anna) == {"beruf": "Maurer", "hund": "Rex"}
    assert groups_of(groups, third) == {"A/Tief", "B"}
    assert values_of(groups, third) == {"beruf": "Dachdecker", "ort": "Ulm"}


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 0, 3, 2)])
def test_a_chain_can_be_heard_in_any_order(groups, anna, twin, order):
    last = new_id()
    groups.hear(registered(last))
    groups.add("C", last)
    give(groups, last, ort="Rom")
    before = everything(groups, anna, twin, last)
    events = [
        merged(anna, twin, at=10),
        merged(last, anna, at=20),
        undone(last, anna, at=30),
        undone(anna, twin, at=40),
    ]

    for number in order:
        groups.hear(events[number])

    assert everything(groups, anna, twin, last) == before


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 1, 0)])
def test_two_may_change_places(groups, anna, twin, order):
    events = [
        merged(anna, twin, at=10),
        undone(anna, twin, at=20),
        merged(twin, anna, at=30),
    ]

    for number in order:
        groups.hear(events[number])

    assert groups_of(groups, twin) == {"A/Tief", "B"}
    assert values_of(groups, twin) == {"beruf": "Dachdecker", "ort": "Ulm", "hund": "Rex"}
    assert everything(groups, anna, twin)["merged"] == {anna: twin, twin: None}
    groups.hear(undone(twin, anna, at=40))
    assert groups_of(groups, anna) == {"A/Tief"}


def test_a_group_that_two_brought_stays_until_both_are_gone(groups, anna, twin):
    third = new_id()
    groups.hear(registered(third))
    groups.add("B", third)
    give(groups, third, ort="Bonn")
    groups.hear(merged(anna, twin))
    groups.hear(merged(anna, third))

    groups.hear(undone(anna, twin))
    assert groups_of(groups, anna) == {"A/Tief", "B"}
    assert values_of(groups, anna)["ort"] == "Bonn"

    groups.hear(undone(anna, third))
    assert groups_of(groups, anna) == {"A/Tief"}
    assert values_of(groups, anna) == {"beruf": "Maurer", "hund": "Rex"}


def test_what_was_deleted_meanwhile_is_not_given_back(groups, anna, twin):
    groups.hear(merged(anna, twin))
    b = groups.named("B")
    assert groups.delete(f"/groups/{b['id']}", b["version"], cascade="true").status_code == 204
    [ort] = [a for a in groups.get("/attributes").json["items"] if a["key"] == "ort"]
    assert groups.delete(f"/attributes/{ort['id']}", 1, confirm="true").status_code == 204

    groups.hear(undone(anna, twin))

    assert groups_of(groups, twin) == {"A/Tief"}
    assert values_of(groups, twin) == {"beruf": "Dachdecker"}


def test_values_that_were_converted_meanwhile_are_given_back_converted(groups, anna, twin):
    groups.attribute("Zahl")
    give(groups, anna, zahl="7")
    give(groups, twin, zahl="12")
    groups.hear(merged(anna, twin, zahl=twin))
    [zahl] = [a for a in groups.get("/attributes").json["items"] if a["key"] == "zahl"]
    changed = groups.patch(f"/attributes/{zahl['id']}", {"type": "integer"}, 1)
    assert changed.status_code == 200, changed.json

    groups.hear(undone(anna, twin))

    assert values_of(groups, anna)["zahl"] == 7
    assert values_of(groups, twin)["zahl"] == 12


def test_customers_of_whom_only_a_merge_was_heard_are_not_unknown(groups, anna):
    loser, survivor, parted = new_id(), new_id(), new_id()
    groups.hear(merged(survivor, loser))
    groups.hear(undone(survivor, parted))
    for person in (survivor, parted):
        groups.add("B", person)

    with groups.database.transaction() as session:
        assert actions.forget_unknown(session, utcnow() + timedelta(days=1)) == 0

    assert groups.counts("B") == (2, 2)


def test_who_was_erased_is_not_merged(groups, anna, twin):
    groups.hear(CustomerErased(customer_id=twin, version=9, occurred_at=utcnow()))
    groups.hear(merged(anna, twin))

    assert groups_of(groups, anna) == {"A/Tief"}
    assert everything(groups, twin)["merged"] == {twin: None}


def test_nothing_goes_to_a_survivor_who_was_erased(groups, anna, twin):
    groups.hear(CustomerErased(customer_id=anna, version=9, occurred_at=utcnow()))
    groups.hear(merged(anna, twin))

    assert groups_of(groups, anna) == set()
    assert groups.counts("B") == (0, 0)
    c = groups.named("C")["id"]
    assert groups.put(f"/groups/{c}/members/{twin}").status_code == 404
    groups.hear(undone(anna, twin))
    assert groups_of(groups, twin) == {"A/Tief", "B"}


def test_many_merges_are_made_at_once(groups):
    groups.group("A")
    pairs = [(new_id(), new_id()) for _ in range(200)]
    groups.hear(*(registered(person) for pair in pairs for person in pair))
    groups.batch([{"customer_id": str(loser), "groups": ["A"]} for _, loser in pairs])

    groups.hear(*(merged(survivor, loser) for survivor, loser in pairs))

    assert groups.counts("A") == (200, 200)
    with groups.database.reading() as session:
        assert set(session.scalars(select(Membership.customer_id))) == {s for s, _ in pairs}
    groups.hear(*(undone(survivor, loser) for survivor, loser in pairs))
    with groups.database.reading() as session:
        assert set(session.scalars(select(Membership.customer_id))) == {lo for _, lo in pairs}


def test_merging_while_many_write_leaves_nobody_behind(groups, anna, twin):
    """Whatever comes in between, in the end all of it is the survivor's."""
    people = [twin, *(new_id() for _ in range(4))]
    paths = [f"Gruppe {number}" for number in range(10)]

    def insist(work):
        """Do as whoever was locked out: try again."""
        while True:
            try:
                return work()
            except DBAPIError as error:
                if not passes(error):
                    raise

    def join(path):
        with groups.database.transaction() as session:
            actions.change_memberships_by_path(
                session,
                [actions.Wanted(person, "add", [path]) for person in people],
                actions.Telling(by="Eva", source="import"),
                create_missing=True,
            )

    def merge():
        for at in (10, 30):
            insist(lambda: groups.hear(merged(anna, *people, at=at)))  # noqa: B023
            insist(lambda: groups.hear(undone(anna, *people, at=at + 10)))  # noqa: B023
        insist(lambda: groups.hear(merged(anna, *people, at=50)))

    with ThreadPoolExecutor(5) as pool:
        done = [pool.submit(insist, partial(join, path)) for path in paths]
        done.append(pool.submit(merge))
        for one in done:
            one.result(60)

    with groups.database.reading() as session:
        assert set(session.scalars(select(Membership.customer_id))) == {anna}
    assert groups_of(groups, anna) == {*paths, "A/Tief", "B"}
    for path in groups.paths():
        own = groups.get(f"/groups/{groups.named(path)['id']}/members").json["items"]
        assert groups.counts(path)[0] == len(own)
