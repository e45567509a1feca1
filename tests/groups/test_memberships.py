"""Memberships: told once, kept as spans of time, one or thousands at once."""

import threading
from datetime import datetime, timedelta

import pytest

from services.groups import actions
from shared.db import new_id, utcnow
from shared.events.customers import CustomersMerged
from tests.groups.caller import registered


def later(text, seconds):
    return (datetime.fromisoformat(text) + timedelta(seconds=seconds)).isoformat()


def test_joining_twice_is_told_once(groups, customer_id):
    groups.group("A")
    group_id = groups.group("A/B")

    groups.add("A/B", customer_id)
    groups.add("A/B", customer_id)

    [told] = groups.told("customer_added")
    assert told["customer_id"] == str(customer_id)
    assert told["group_id"] == group_id
    assert told["group_path"] == "A/B"
    assert told["ancestor_ids"] == [groups.named("A")["id"]]
    assert (told["source"], told["start_sequences"]) == ("manual", "yes")
    assert groups.counts("A/B") == (1, 1)
    assert groups.counts("A") == (0, 1)


def test_leaving_twice_is_told_once(groups, customer_id):
    group_id = groups.group("A")
    groups.add("A", customer_id)

    for _ in range(2):
        assert groups.delete(f"/groups/{group_id}/members/{customer_id}").status_code == 204

    [told] = groups.told("customer_removed")
    assert (told["customer_id"], told["group_path"]) == (str(customer_id), "A")
    assert groups.counts("A") == (0, 0)
    assert groups.get(f"/groups/{group_id}/members").json["items"] == []


def test_leaving_and_joining_again_are_two_spans_in_time(groups, customer_id):
    group_id = groups.group("A")
    groups.put(f"/groups/{group_id}/members/{customer_id}", source="booking", reference="B-17")
    groups.delete(f"/groups/{group_id}/members/{customer_id}")
    groups.put(f"/groups/{group_id}/members/{customer_id}")

    spans = groups.get("/memberships", customer_id=customer_id).json
    first, second = spans["items"]
    assert spans["total"] == 2
    assert (first["source"], first["reference"], first["by"]) == ("booking", "B-17", "Test")
    assert first["since"] < first["until"] < second["since"]
    assert first["ended_by"] == "Test"
    assert second["until"] is None

    def at(moment):
        items = groups.get("/memberships", group_id=group_id, at=moment).json["items"]
        return [(m["since"], m["until"]) for m in items]

    assert at(later(first["since"], -60)) == []
    assert at(first["since"]) == [(first["since"], first["until"])]
    assert at(first["until"]) == []
    assert at(later(second["since"], 60)) == [(second["since"], None)]


def test_memberships_are_paged(groups):
    groups.group("A")
    groups.group("B")
    people = sorted(str(new_id()) for _ in range(5))
    groups.batch([{"customer_id": c, "groups": ["A", "B"]} for c in people])
    groups.batch([{"customer_id": c, "groups": ["B"], "mode": "remove"} for c in people])

    seen, cursor = [], None
    while True:
        page = groups.get("/memberships", limit=3, **({"cursor": cursor} if cursor else {})).json
        assert page["total"] == 10
        seen += [(m["customer_id"], m["group_path"]) for m in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == [(c, g) for c in people for g in ("A", "B")]


def test_members_are_listed_with_what_is_known_of_them(groups):
    group_id = groups.group("A")
    known, unknown = sorted([new_id(), new_id()])
    groups.hear(registered(known, first_name="Änne", number=12))
    groups.add("A", known)
    groups.add("A", unknown)

    page = groups.get(f"/groups/{group_id}/members", limit=1).json
    assert page["total"] == 2
    [first] = page["items"]
    assert first["customer"]["last_name"] == "Müller"
    assert first["customer"]["number"] == 12
    [second] = groups.get(f"/groups/{group_id}/members", cursor=page["next"]).json["items"]
    assert (second["customer_id"], second["customer"]) == (str(unknown), None)


def test_many_customers_join_at_once(groups):
    group_id = groups.group("A")
    people = [str(new_id()) for _ in range(30)]
    groups.add("A", people[0])

    answer = groups.post(
        f"/groups/{group_id}/members",
        {"customer_ids": [*people, people[3]], "source": "booking", "start_sequences": "no"},
    )

    assert answer.json == {"added": 29, "already": 1, "erased": 0}
    assert groups.counts("A") == (30, 30)
    told = groups.told("customer_added")
    assert len(told) == 30
    assert {(t["source"], t["start_sequences"]) for t in told[1:]} == {("booking", "no")}
    gone = groups.post(f"/groups/{new_id()}/members", {"customer_ids": people})
    assert gone.status_code == 404


def test_an_import_creates_the_groups_it_names(groups):
    groups.group("Reisen")
    people = [str(new_id()) for _ in range(3)]

    results = groups.batch(
        [
            {"customer_id": people[0], "groups": ["REISEN / Griechenland", "Stammkunden"]},
            {"customer_id": people[1], "groups": ["Reisen/Griechenland/Kreta"]},
            {"customer_id": people[2], "groups": []},
        ],
        create_missing=True,
        source="import",
    )

    assert [r["customer_id"] for r in results] == people
    assert [(r["added"], r["removed"], r["unknown"]) for r in results] == [
        (2, 0, []),
        (1, 0, []),
        (0, 0, []),
    ]
    assert groups.paths() == [
        "Reisen",
        "Reisen/Griechenland",
        "Reisen/Griechenland/Kreta",
        "Stammkunden",
    ]
    assert groups.counts("Reisen") == (0, 2)
    assert groups.counts("Reisen/Griechenland") == (1, 2)
    names = groups.told_names()
    assert names.count("group_created") == 4
    assert names.index("group_created") < names.index("customer_added_to_group")


def test_groups_that_do_not_exist_are_named_and_stop_nothing(groups, customer_id):
    group_id = groups.group("A")
    unknown = ["B", str(new_id()), "A/x", "", "a//b", "c\0"]

    [result] = groups.batch([{"customer_id": str(customer_id), "groups": [*unknown, group_id]}])

    assert result["added"] == 1
    assert result["unknown"] == unknown
    assert groups.paths() == ["A"]


def test_what_cannot_be_a_group_is_not_created(groups, customer_id):
    names = ["", "a//b", "x" * 101, "a\0", "a | b", str(new_id()), "/".join("x" * 33)]

    [result] = groups.batch(
        [{"customer_id": str(customer_id), "groups": [*names, "Gut"]}], create_missing=True
    )

    assert result["unknown"] == names
    assert groups.paths() == ["Gut"]


def test_a_batch_adds_replaces_and_removes_in_its_order(groups):
    for path in ("A", "B", "C"):
        groups.group(path)
    one, two = str(new_id()), str(new_id())
    groups.batch([{"customer_id": c, "groups": ["A", "B"]} for c in (one, two)])

    results = groups.batch(
        [
            {"customer_id": one, "groups": ["C"], "mode": "replace"},
            {"customer_id": two, "groups": ["A", "C"], "mode": "remove"},
            {"customer_id": one, "groups": ["A", "C"], "mode": "add"},
        ]
    )

    assert [(r["added"], r["removed"]) for r in results] == [(1, 2), (0, 1), (1, 0)]
    assert groups.counts("A") == (1, 1)
    assert groups.counts("B") == (1, 1)
    assert groups.counts("C") == (1, 1)
    # Who left A and joined it again in one go never left it.
    left = {(t["customer_id"], t["group_path"]) for t in groups.told("customer_removed")}
    assert left == {(one, "B"), (two, "A")}


def test_replacing_by_a_list_with_an_unknown_group_removes_nothing(groups, customer_id):
    groups.group("A")
    groups.group("B")
    groups.add("A", customer_id)

    [result] = groups.batch(
        [{"customer_id": str(customer_id), "groups": ["B", "Bb"], "mode": "replace"}]
    )

    assert (result["added"], result["removed"], result["unknown"]) == (1, 0, ["Bb"])
    assert groups.counts("A") == (1, 1)


def test_a_batch_sent_again_changes_nothing_and_tells_nobody(groups):
    rows = [{"customer_id": str(new_id()), "groups": ["A", "B/C"]} for _ in range(40)]
    groups.batch(rows, create_missing=True)
    told = groups.told_names()

    results = groups.batch(rows, create_missing=True)

    assert {(r["added"], r["removed"]) for r in results} == {(0, 0)}
    assert groups.told_names() == told
    assert groups.counts("B") == (0, 40)


def test_a_customer_counts_once_for_a_group_above(groups, customer_id):
    for path in ("A", "A/B", "A/C", "A/C/D"):
        groups.group(path)

    for path in ("A/B", "A/C/D", "A"):
        groups.add(path, customer_id)
        assert groups.counts("A")[1] == 1
    for path in ("A", "A/B", "A/C/D"):
        assert groups.counts("A")[1] == 1
        groups.delete(f"/groups/{groups.named(path)['id']}/members/{customer_id}")
    assert groups.counts("A") == (0, 0)


def test_counts_stay_right_while_they_are_summed_up(groups):
    groups.group("A")
    for _ in range(3):
        groups.batch([{"customer_id": str(new_id()), "groups": ["A"]} for _ in range(4)])
        with groups.database.transaction() as session:
            assert actions.sum_up_counts(session) == 1
            assert actions.sum_up_counts(session) == 0
    groups.add("A", new_id())

    assert groups.counts("A") == (13, 13)


def test_who_was_erased_joins_nothing(groups, customer_id):
    group_id = groups.group("A")
    groups.add("A", customer_id)
    with groups.database.transaction() as session:
        actions.erase_contacts(session, [(customer_id, 5, utcnow())])

    assert groups.counts("A") == (0, 0)
    refused = groups.put(f"/groups/{group_id}/members/{customer_id}")
    assert refused.status_code == 404
    assert groups.delete(f"/groups/{group_id}/members/{customer_id}").status_code == 204
    [result] = groups.batch([{"customer_id": str(customer_id), "groups": ["A"]}])
    assert result["erased"] is True
    assert groups.get("/memberships", customer_id=customer_id).json["items"] == []


def test_who_never_came_is_removed_after_an_hour(groups):
    groups.group("A")
    groups.attribute("Beruf")
    known, unknown = new_id(), new_id()
    for one in (known, unknown):
        groups.add("A", one)
        groups.patch(f"/attribute-values/{one}", {"beruf": "Maurer"})
    groups.hear(registered(known))

    def forget(minutes):
        with groups.database.transaction() as session:
            return actions.forget_unknown(session, utcnow() + timedelta(minutes=minutes))

    assert forget(59) == 0
    assert groups.counts("A") == (2, 2)
    assert forget(61) == 1
    assert groups.counts("A") == (1, 1)
    [told] = groups.told("customer_removed")
    assert (told["customer_id"], told["source"]) == (str(unknown), "customer_unknown")
    assert groups.get(f"/attribute-values/{unknown}").json == {}
    assert groups.get(f"/attribute-values/{known}").json == {"beruf": "Maurer"}
    assert forget(61) == 0


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_parallel_batches_neither_lock_each_other_out_nor_lose_anything(groups, client_for):
    ids = [new_id() for _ in range(60)]
    groups.hear(*map(registered, ids[::2]))
    people = [str(customer_id) for customer_id in ids]
    answers = []

    def send(number):
        rows = [
            {"customer_id": c, "groups": ["A/B", f"A/{number}", "C"]}
            for c in (people if number % 2 else reversed(people))
        ]
        client = client_for("groups")
        body = {"rows": rows, "create_missing": True}
        answers.append(client.post("/api/v1/memberships/batch", json=body).json)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    added = sum(result["added"] for answer in answers for result in answer["results"])
    assert added == len(people) * (6 + 2)
    assert groups.counts("A") == (0, 60)
    assert groups.counts("A/B") == groups.counts("C") == (60, 60)
    assert len(groups.told("customer_added")) == added
    assert groups.told_names().count("group_created") == 3 + 6


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_the_same_customer_joins_once_however_many_say_so_at_once(groups, client_for, customer_id):
    groups.group("A")
    ids = [groups.group("A/B"), groups.group("A/C")]
    groups.hear(registered(customer_id))

    def put(number):
        client_for("groups").put(f"/api/v1/groups/{ids[number % 2]}/members/{customer_id}")

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(groups.told("customer_added")) == 2
    assert groups.counts("A") == (0, 1)


def test_looking_back_finds_who_was_merged_and_groups_that_were_deleted(groups):
    group_id = groups.group("A")
    loser, survivor = new_id(), new_id()
    groups.put(f"/groups/{group_id}/members/{loser}", source="booking", reference="B-17")
    before = utcnow().isoformat()
    groups.hear(
        CustomersMerged(
            customer_id=survivor,
            merged_ids=[loser],
            merged_versions=[2],
            version=2,
            occurred_at=utcnow(),
        )
    )
    merged = utcnow().isoformat()
    groups.delete(f"/groups/{group_id}", 1, cascade="true")

    def at(moment, **asked):
        items = groups.get("/memberships", at=moment, **asked).json["items"]
        return [(m["customer_id"], m["group_id"], m["group_path"], m["reference"]) for m in items]

    for customer_id in (loser, survivor):
        assert at(before, customer_id=customer_id) == [(str(loser), group_id, None, "B-17")]
        [(who, *_)] = at(merged, customer_id=customer_id)
        assert who == str(survivor)
    assert at(before, group_id=group_id) == [(str(loser), group_id, None, "B-17")]
    assert at(utcnow().isoformat(), group_id=group_id) == []
