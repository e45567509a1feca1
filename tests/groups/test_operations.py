"""Many customers join or leave a group as one unit that can be taken back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.groups import actions
from services.groups.actions.operations import AT_ONCE
from shared.db import new_id, utcnow
from shared.events.customers import CustomerErased, CustomersMerged, SelectionAsked
from shared.operations.loop import work_on_operations
from tests.groups.caller import API, Groups, registered

NOBODY = "01890000-0000-7000-8000-000000000000"


class Acts:
    """Customers of a town, a group, and acts on them."""

    def __init__(self, groups: Groups) -> None:
        self.groups = groups
        self.group = groups.group("Treffen")

    def people(self, count: int, **fields: Any) -> list[UUID]:
        ids = [new_id() for _ in range(count)]
        self.groups.hear(*(registered(id_, **{"city": "Köln", **fields}) for id_ in ids))
        return ids

    def add(self, **body: Any) -> dict[str, Any]:
        return self._act("members", body)

    def remove(self, **body: Any) -> dict[str, Any]:
        return self._act("members/remove", body)

    def _act(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        if "customer_ids" not in body:
            body.setdefault("selection", {"filter": {"field": "city", "op": "eq", "value": "Köln"}})
        answer = self.groups.post(f"/groups/{self.group}/{what}", body)
        assert answer.status_code in (200, 202), answer.json
        return dict(answer.json)

    def undo(self, begun: dict[str, Any]) -> dict[str, Any]:
        answer = self.groups.post(f"/groups/operations/{begun['operation_id']}/undo", None)
        assert answer.status_code in (200, 202), answer.json
        return dict(answer.json)

    def operation(self, begun: dict[str, Any]) -> dict[str, Any]:
        return dict(self.groups.get(f"/groups/operations/{begun['operation_id']}").json)

    def finish(self) -> None:
        while work_on_operations(self.groups.database, actions.OPERATIONS):
            pass

    def put(self, customer_id: UUID) -> None:
        self.groups.put(f"/groups/{self.group}/members/{customer_id}")

    def take(self, customer_id: UUID) -> None:
        self.groups.delete(f"/groups/{self.group}/members/{customer_id}")

    def members(self) -> set[UUID]:
        found, cursor = set(), None
        while True:
            params = {"limit": 500, **({"cursor": cursor} if cursor else {})}
            page = self.groups.get(f"/groups/{self.group}/members", **params).json
            found |= {UUID(member["customer_id"]) for member in page["items"]}
            cursor = page["next"]
            if cursor is None:
                return found


@pytest.fixture
def acts(groups: Groups) -> Acts:
    return Acts(groups)


def test_a_dry_run_counts_who_would_join(acts: Acts) -> None:
    before, _ = acts.people(2)
    acts.people(1, city="Bonn")
    acts.put(before)

    counted = acts.add(dry_run=True)

    assert counted == {"count": 2, "would_add": 1, "already": 1, "operation_id": None}
    assert acts.members() == {before}
    assert acts.groups.get("/groups/operations").json["total"] == 0


def test_a_selection_joins_and_each_is_told_once(acts: Acts) -> None:
    people = acts.people(3)
    acts.people(1, city="Bonn")
    acts.put(people[0])

    begun = acts.add(source="messe", start_sequences="no")

    assert begun["count"] == 3
    operation = acts.operation(begun)
    assert (operation["state"], operation["done"], operation["changed"]) == ("finished", 3, 2)
    assert acts.members() == set(people)
    told = [e for e in acts.groups.told("customer_added_to_group") if e["source"] == "messe"]
    assert {UUID(e["customer_id"]) for e in told} == set(people[1:])
    assert {e["start_sequences"] for e in told} == {"no"}
    [span] = acts.groups.get("/memberships", customer_id=people[1]).json["items"]
    assert (span["source"], span["reference"]) == ("messe", begun["operation_id"])


def test_a_saved_selection_joins_under_the_reference_given(acts: Acts) -> None:
    people = acts.people(2)
    saved = acts.groups.post(
        "/selections", {"name": "Kölner", "filter": {"field": "city", "op": "eq", "value": "köln"}}
    ).json

    acts.add(selection={"selection_id": saved["id"]}, reference="Sommerfest")

    assert acts.members() == set(people)
    spans = acts.groups.get("/memberships", group_id=acts.group).json["items"]
    assert {span["reference"] for span in spans} == {"Sommerfest"}


def test_many_join_piece_by_piece_and_leave_again(acts: Acts) -> None:
    people = acts.people(2 * AT_ONCE + 7)

    begun = acts.add()

    assert acts.operation(begun)["state"] == "running"
    assert acts.groups.counts("Treffen") == (AT_ONCE, AT_ONCE)
    acts.finish()
    assert acts.operation(begun)["state"] == "finished"
    assert acts.groups.counts("Treffen") == (len(people), len(people))
    assert acts.undo(begun)["state"] == "undoing"
    acts.finish()
    undone = acts.operation(begun)
    assert (undone["state"], undone["done"], undone["kept"]) == ("undone", 0, 0)
    assert acts.groups.counts("Treffen") == (0, 0)


def test_undoing_takes_out_only_who_was_put_in_and_never_left(acts: Acts) -> None:
    before, stayed, left, again = acts.people(4)
    acts.put(before)
    begun = acts.add()
    for customer_id in (left, again):
        acts.take(customer_id)
    acts.put(again)

    undone = acts.undo(begun)

    assert (undone["state"], undone["kept"]) == ("undone", 1)
    assert acts.members() == {before, again}
    removed = acts.groups.told("customer_removed_from_group")[-1]
    assert (removed["customer_id"], removed["source"]) == (str(stayed), "undo")
    again_undone = acts.groups.post(f"/groups/operations/{begun['operation_id']}/undo", None)
    assert again_undone.status_code == 409


def test_undoing_finds_who_was_merged_since(acts: Acts) -> None:
    loser, survivor = acts.people(1) + acts.people(1, city="Bonn")
    begun = acts.add()
    acts.groups.hear(merged(loser, survivor))
    assert acts.members() == {survivor}

    acts.undo(begun)

    assert acts.members() == set()


def test_who_was_erased_meanwhile_is_left_out(acts: Acts) -> None:
    people = sorted(acts.people(AT_ONCE + 1))
    begun = acts.add()
    gone = CustomerErased(customer_id=people[-1], version=2, occurred_at=utcnow())
    acts.groups.hear(gone)

    acts.finish()

    operation = acts.operation(begun)
    assert (operation["state"], operation["done"]) == ("finished", AT_ONCE + 1)
    assert operation["changed"] == AT_ONCE
    assert people[-1] not in acts.members()


def test_a_group_that_is_deleted_stops_its_operation(acts: Acts) -> None:
    acts.people(AT_ONCE + 1)
    begun = acts.add()
    acts.groups.delete(f"/groups/{acts.group}", 1, cascade="true")

    acts.finish()

    path = f"{API}/groups/operations/{begun['operation_id']}"
    german = acts.groups.client.get(path, headers={"Accept-Language": "de"}).json
    assert (german["state"], german["done"]) == ("failed", AT_ONCE)
    assert german["failure"].startswith("Die Gruppe wurde gelöscht")
    assert acts.operation(begun)["failure"].startswith("The group was deleted")
    acts.undo(begun)
    acts.finish()
    assert (acts.operation(begun)["state"], acts.operation(begun)["kept"]) == ("undone", 0)


def test_removing_takes_out_members_and_can_be_taken_back(acts: Acts) -> None:
    stays, back, removed_again, out = acts.people(4)
    for customer_id in (back, removed_again, out):
        acts.put(customer_id)
    acts.put(stays)
    chosen = [str(id_) for id_ in (back, removed_again, out)]
    assert acts.remove(customer_ids=chosen, dry_run=True) == {"count": 3, "operation_id": None}

    begun = acts.remove(customer_ids=chosen, source="aufräumen")

    assert (begun["count"], acts.members()) == (3, {stays})
    acts.put(back)
    acts.put(removed_again)
    acts.take(removed_again)
    undone = acts.undo(begun)
    assert (undone["state"], undone["kept"]) == ("undone", 2)
    assert acts.members() == {stays, back, out}
    added = acts.groups.told("customer_added_to_group")[-1]
    assert (added["customer_id"], added["start_sequences"]) == (str(out), "no")


def test_who_was_merged_after_being_removed_comes_back_as_the_survivor(acts: Acts) -> None:
    loser, survivor = acts.people(2)
    acts.put(loser)
    begun = acts.remove()
    acts.groups.hear(merged(loser, survivor))

    acts.undo(begun)

    assert acts.members() == {survivor}


def test_operations_are_listed_newest_first(acts: Acts) -> None:
    acts.people(1)
    first, second = acts.add(), acts.remove()

    page = acts.groups.get("/groups/operations").json

    assert [o["id"] for o in page["items"]] == [second["operation_id"], first["operation_id"]]
    only = acts.groups.get("/groups/operations", kind="add_members").json
    assert [o["id"] for o in only["items"]] == [first["operation_id"]]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"customer_ids": [], "selection": {"filter": {}}}, 422),
        ({"selection": {}}, 422),
        ({"selection": {"filter": {"field": "shoe_size"}}}, 422),
        ({"selection": {"selection_id": NOBODY}}, 404),
    ],
)
def test_what_selects_nobody_is_refused(acts: Acts, body: dict[str, Any], status: int) -> None:
    for what in ("members", "members/remove"):
        assert acts.groups.post(f"/groups/{acts.group}/{what}", body).status_code == status


def test_nobody_joins_a_group_that_there_is_not(acts: Acts) -> None:
    body = {"selection": {"filter": {"active": True}}}
    for dry_run in (True, False):
        answer = acts.groups.post(f"/groups/{NOBODY}/members", {**body, "dry_run": dry_run})
        assert answer.status_code == 404
    assert acts.groups.get(f"/groups/operations/{NOBODY}").status_code == 404


def test_an_asked_selection_is_answered_in_parts(acts: Acts) -> None:
    people = acts.people(1_500)
    acts.groups.hear(asked(filter={"field": "city", "op": "eq", "value": "Köln"}))

    parts = acts.groups.told("customers_selected")

    assert [(p["part"], p["last"], len(p["customer_ids"])) for p in parts] == [
        (1, False, 1_000),
        (2, True, 500),
    ]
    assert {UUID(id_) for p in parts for id_ in p["customer_ids"]} == set(people)


def test_what_is_wrong_with_an_asked_selection_is_answered(acts: Acts) -> None:
    acts.groups.hear(asked(filter={"group": "Gibt es nicht"}), asked(selection_id=new_id()))
    acts.groups.hear(asked(filter={"field": "city", "op": "eq", "value": "Nirgends"}))

    wrong, missing, nobody = acts.groups.told("customers_selected")

    assert "no such group" in wrong["problem"]
    assert "Diese Gruppe gibt es nicht" in wrong["problem_de"]
    assert missing["problem"]
    assert (nobody["part"], nobody["last"], nobody["customer_ids"]) == (1, True, [])
    assert nobody.get("problem") is None


def asked(**what: Any) -> SelectionAsked:
    return SelectionAsked(request_id=new_id(), asked_at=utcnow(), timezone="Europe/Berlin", **what)


def merged(loser: UUID, survivor: UUID) -> CustomersMerged:
    return CustomersMerged(
        customer_id=survivor,
        merged_ids=[loser],
        merged_versions=[2],
        version=2,
        occurred_at=utcnow(),
    )


class TestTheListOfMembers:
    def test_with_subgroups_everybody_comes_once(self, groups: Groups) -> None:
        for path in ("A", "A/B", "A/B/C", "D"):
            groups.group(path)
        both, deep, elsewhere = (new_id() for _ in range(3))
        for path, person in (("A", both), ("A/B", both), ("A/B/C", deep), ("D", elsewhere)):
            groups.add(path, person)
        top, bottom = groups.named("A")["id"], groups.named("A/B/C")["id"]

        page = groups.get(f"/groups/{top}/members", include_subgroups="true", limit=1).json
        rest = groups.get(
            f"/groups/{top}/members", include_subgroups="true", cursor=page["next"]
        ).json

        found = page["items"] + rest["items"]
        assert page["total"] == 2
        assert {m["customer_id"]: m["group_id"] for m in found} == {
            str(both): top,
            str(deep): bottom,
        }

    def test_it_looks_back(self, groups: Groups, customer_id: UUID) -> None:
        group = groups.group("A")
        groups.add("A", customer_id)
        inside = utcnow().isoformat()
        groups.delete(f"/groups/{group}/members/{customer_id}")

        then = groups.get(f"/groups/{group}/members", at=inside).json
        now = groups.get(f"/groups/{group}/members", at=utcnow().isoformat()).json

        assert [m["customer_id"] for m in then["items"]] == [str(customer_id)]
        assert (then["total"], now["total"], now["items"]) == (1, 0, [])


def test_the_same_idempotency_key_adds_once(acts: Acts) -> None:
    acts.people(1)
    body = {"selection": {"filter": {"active": True}}}
    answers = [
        acts.groups.post(f"/groups/{acts.group}/members", body, **{"Idempotency-Key": "einmal"})
        for _ in (1, 2)
    ]

    assert answers[0].json == answers[1].json
    assert acts.groups.get("/groups/operations").json["total"] == 1
