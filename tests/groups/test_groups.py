"""Groups: naming, the tree, and who may change what."""

import pytest

from services.groups import actions
from shared.db import new_id
from shared.testing import client_of


def test_a_group_knows_its_place(groups):
    top = groups.group("Reiseangebote", colour="#ff8800", topic=True, default_for=["booking"])
    below = groups.group("Reiseangebote/Griechenland", description="Inseln\nund Festland")

    group = groups.get(f"/groups/{below}").json
    assert group["path"] == "Reiseangebote/Griechenland"
    assert group["parent_id"] == top
    assert group["ancestor_ids"] == [top]
    assert group["description"] == "Inseln\nund Festland"
    above = groups.get(f"/groups/{top}")
    assert above.headers["ETag"] == '"1"'
    assert above.json["child_count"] == above.json["descendant_count"] == 1
    assert (above.json["colour"], above.json["topic"]) == ("#ff8800", True)
    assert above.json["default_for"] == ["booking"]
    assert above.json["origin"] == "local"
    [first, second] = groups.told("group_created")
    assert first["path"] == "Reiseangebote"
    assert second["ancestor_ids"] == [top]


@pytest.mark.parametrize("again", ["Müller", "MÜLLER", "mueller", " Mueller ", "Mu\u0308ller"])
def test_siblings_never_share_a_name_however_it_is_spelt(groups, again):
    groups.group("Müller")
    groups.group("Anderswo")
    other = groups.named("Anderswo")

    refused = groups.post("/groups", {"name": again})
    assert refused.status_code == 409
    assert groups.patch(f"/groups/{other['id']}", {"name": again}, 1).status_code == 409
    assert groups.post("/groups", {"name": again, "parent_id": other["id"]}).status_code == 201


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "a/b",
        "a | b",
        "|a",
        "a|",
        "x" * 101,
        "a\0b",
        "a\nb",
        "01a20373-5872-7392-b7c3-53e23949df35",
        7,
        None,
    ],
)
def test_names_that_would_break_a_path_are_refused(groups, name):
    refused = groups.post("/groups", {"name": name})

    assert refused.status_code in (400, 422)
    assert groups.paths() == []


def test_a_name_may_have_a_bar_and_a_comma(groups):
    groups.group("A|B, C; D & E")

    assert groups.paths() == ["A|B, C; D & E"]


def test_a_parent_that_does_not_exist_is_named(groups):
    refused = groups.post("/groups", {"name": "X", "parent_id": str(new_id())})

    assert refused.status_code == 422
    assert "parent_id" in refused.json["errors"]


def test_renaming_tells_every_group_whose_path_changes(groups):
    groups.group("A")
    groups.group("A/B")
    groups.group("A/B/C")
    groups.group("X")

    changed = groups.patch(f"/groups/{groups.named('A')['id']}", {"name": "Ä"}, 1)

    assert changed.status_code == 200
    assert groups.paths() == ["Ä", "Ä/B", "Ä/B/C", "X"]
    assert [e["path"] for e in groups.told("group_changed")] == ["Ä", "Ä/B", "Ä/B/C"]
    assert groups.named("ae/b/c")["version"] == 2


def test_a_change_that_changes_nothing_is_not_told(groups):
    group_id = groups.group("A", description="x")

    same = groups.patch(f"/groups/{group_id}", {"name": "A", "description": "x"}, 1)

    assert same.json["version"] == 1
    assert groups.told("group_changed") == []


def test_only_spelling_may_change_as_well(groups):
    group_id = groups.group("strasse")

    assert groups.patch(f"/groups/{group_id}", {"name": "Straße"}, 1).status_code == 200
    assert groups.paths() == ["Straße"]


def test_a_moved_group_takes_those_below_along(groups, customer_id):
    groups.group("A")
    groups.group("A/B")
    groups.group("A/B/C")
    groups.group("X")
    groups.add("A/B/C", customer_id)

    moved = groups.patch(
        f"/groups/{groups.named('A/B')['id']}", {"parent_id": groups.named("X")["id"]}, 1
    )

    assert moved.json["path"] == "X/B"
    assert groups.paths() == ["A", "X", "X/B", "X/B/C"]
    assert groups.counts("A") == (0, 0)
    assert groups.counts("X") == (0, 1)
    c = groups.named("X/B/C")
    assert c["ancestor_ids"] == [groups.named("X/B")["id"], groups.named("X")["id"]]
    assert groups.told("group_changed")[-1]["ancestor_ids"] == c["ancestor_ids"]
    to_root = groups.patch(f"/groups/{groups.named('X/B')['id']}", {"parent_id": None}, 2)
    assert to_root.json["path"] == "B"
    assert groups.counts("X") == (0, 0)


def test_a_group_is_never_moved_below_itself(groups):
    groups.group("A")
    groups.group("A/B")
    groups.group("A/B/C")
    top = groups.named("A")["id"]

    for path in ("A", "A/B", "A/B/C"):
        refused = groups.patch(f"/groups/{top}", {"parent_id": groups.named(path)["id"]}, 1)
        assert refused.status_code == 409
    assert groups.paths() == ["A", "A/B", "A/B/C"]


def test_a_group_cannot_move_to_where_its_name_is_taken(groups):
    groups.group("A")
    groups.group("A/X")
    groups.group("x")

    refused = groups.patch(f"/groups/{groups.named('A/X')['id']}", {"parent_id": None}, 1)

    assert refused.status_code == 409
    assert groups.paths() == ["A", "A/X", "x"]


def test_changing_needs_the_version_that_was_read(groups):
    group_id = groups.group("A")

    assert groups.patch(f"/groups/{group_id}", {"name": "B"}).status_code == 428
    assert groups.patch(f"/groups/{group_id}", {"name": "B"}, 1).status_code == 200
    assert groups.patch(f"/groups/{group_id}", {"name": "C"}, 1).status_code == 412
    assert groups.delete(f"/groups/{group_id}").status_code == 428
    assert groups.delete(f"/groups/{group_id}", 1).status_code == 412
    assert groups.paths() == ["B"]


def test_a_group_with_members_or_subgroups_is_not_deleted_by_accident(groups, customer_id):
    groups.group("A")
    groups.group("A/B")
    groups.add("A/B", customer_id)
    top = groups.named("A")["id"]

    refused = groups.delete(f"/groups/{top}", 1)
    assert refused.status_code == 409
    assert (refused.json["members"], refused.json["subgroups"]) == (1, 1)
    assert groups.delete(f"/groups/{top}", 1, cascade="true").status_code == 204

    assert groups.paths() == []
    assert groups.told_names()[-3:] == [
        "customer_removed_from_group",
        "group_deleted",
        "group_deleted",
    ]
    assert groups.get(f"/groups/{top}").status_code == 404
    [past] = groups.get("/memberships", customer_id=customer_id).json["items"]
    assert past["ended_source"] == "group_deleted"
    assert past["group_path"] is None


def test_deleting_a_subgroup_takes_its_members_off_the_counts_above(groups):
    groups.group("A")
    groups.group("A/B")
    groups.group("A/C")
    both, one = new_id(), new_id()
    for path, customer in (("A/B", both), ("A/C", both), ("A/B", one)):
        groups.add(path, customer)

    groups.delete(f"/groups/{groups.named('A/B')['id']}", 1, cascade="true")

    assert groups.counts("A") == (0, 1)
    assert groups.counts("A/C") == (1, 1)


def test_an_empty_group_is_simply_deleted(groups):
    group_id = groups.group("A")

    assert groups.delete(f"/groups/{group_id}", 1).status_code == 204
    assert groups.delete(f"/groups/{group_id}", 1).status_code == 404


def test_what_the_head_office_pushed_is_read_only_for_a_branch(groups, staff):
    made = groups.post("/groups", {"name": "Franchise", "origin": "franchise"}).json

    assert staff.post("/groups", {"name": "Mine", "origin": "franchise"}).status_code == 403
    refused = staff.patch(f"/groups/{made['id']}", {"name": "Ours"}, 1)
    assert refused.status_code == 403
    assert "Franchise" in refused.json["detail"]
    assert staff.delete(f"/groups/{made['id']}", 1).status_code == 403
    assert staff.put(f"/groups/{made['id']}/members/{new_id()}").status_code == 204
    assert groups.patch(f"/groups/{made['id']}", {"name": "Neu"}, 1).status_code == 200


@pytest.mark.parametrize(("subject", "status"), [("user:owner", 403), ("client:bridge", 201)])
def test_a_program_that_may_do_all_works_for_the_head_office_and_an_owner_does_not(
    app_of, subject, status
):
    asking = client_of(app_of("groups"), ("admin",), subject=subject)

    made = asking.post("/api/v1/groups", json={"name": "Franchise", "origin": "franchise"})

    assert made.status_code == status


def test_a_local_group_with_one_of_the_head_office_below_stays(groups, staff):
    staff.group("Lokal")
    groups.group("Lokal/Zentrale", origin="franchise")

    local = staff.named("Lokal")["id"]
    assert staff.delete(f"/groups/{local}", 1, cascade="true").status_code == 403
    assert staff.paths() == ["Lokal", "Lokal/Zentrale"]


def test_the_list_reads_like_the_tree_page_by_page(groups):
    for path in ("B", "a", "a/z", "a/Ä", "a b", "C"):
        groups.group(path)

    seen, cursor = [], None
    while True:
        page = groups.get("/groups", limit=2, **({"cursor": cursor} if cursor else {})).json
        assert page["total"] == 6
        seen += [group["path"] for group in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["a", "a/Ä", "a/z", "a b", "B", "C"]


def test_groups_are_found_by_parts_parents_and_topics(groups):
    groups.group("Reisen", topic=True)
    groups.group("Reisen/Österreich")
    groups.group("Stamm 100%")

    def found(**params):
        return [group["path"] for group in groups.get("/groups", **params).json["items"]]

    assert found(q="oesterr") == found(q="ÖSTERR") == ["Reisen/Österreich"]
    assert found(q="%") == ["Stamm 100%"]
    assert found(q="_") == []
    assert found(parent_id="root") == ["Reisen", "Stamm 100%"]
    assert found(parent_id=groups.named("Reisen")["id"]) == ["Reisen/Österreich"]
    assert found(topic="true") == ["Reisen"]
    assert found(path="reisen / österreich") == ["Reisen/Österreich"]
    assert groups.get("/groups", parent_id="x").status_code == 422


def test_the_same_key_creates_a_group_once(groups):
    first = groups.post("/groups", {"name": "A"}, **{"Idempotency-Key": "k1"})
    again = groups.post("/groups", {"name": "A"}, **{"Idempotency-Key": "k1"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert len(groups.told("group_created")) == 1


@pytest.mark.long
def test_a_tree_may_be_a_thousand_levels_deep(groups, customer_id):
    parent = None
    with groups.database.transaction() as session:
        for level in range(1000):
            parent = actions.create_group(
                session, actions.Actor("Test"), name=f"{level}", parent_id=parent
            ).id
    assert groups.put(f"/groups/{parent}/members/{customer_id}").status_code == 204

    top = groups.named("0")
    assert top["descendant_count"] == 999
    assert groups.counts("0") == (0, 1)
    assert len(groups.told("customer_added")[0]["ancestor_ids"]) == 999
    assert groups.get(f"/groups/{parent}").json["path"].endswith("/997/998/999")


def test_groups_need_a_scope(client_for):
    read = client_for("groups", ("groups:read",))

    assert read.get("/api/v1/groups").status_code == 200
    assert read.post("/api/v1/groups", json={"name": "A"}).status_code == 403
    assert client_for("groups", ("customers:read",)).get("/api/v1/groups").status_code == 403
    assert client_for("groups", None).get("/api/v1/groups").status_code == 401
