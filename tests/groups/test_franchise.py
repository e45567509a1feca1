"""The head office gives out groups and attributes: one call, safe to repeat, and not a branch's to change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.db import new_id

CLASSES = {"key": "kurs", "path": "Kurse", "topic": True, "description": "Unsere Kurse"}
YOGA = {"key": "yoga", "path": "Kurse/Yoga", "colour": "orange"}


@pytest.fixture
def push(groups):
    def push(*items, attributes=None, **way):
        body = {**way, **({"groups": list(items)} if items or attributes is None else {})}
        if attributes is not None:
            body["attributes"] = attributes
        answer = groups.client.put("/api/v1/groups/franchise", json=body)
        assert answer.status_code == 200, answer.json
        return answer.json

    return push


def became(answer, kind="groups"):
    return {item["name"]: item["status"] for item in answer[kind]}


def test_groups_are_created_with_their_parents_and_once(groups, push):
    done = push(YOGA, CLASSES)

    assert became(done) == {"Kurse": "created", "Kurse/Yoga": "created"}
    group = groups.named("Kurse")
    assert (group["origin"], group["topic"]) == ("franchise", True)
    assert group["description"] == "Unsere Kurse"
    assert groups.named("Kurse/Yoga")["colour"] == "orange"
    told = len(groups.told())
    assert set(became(push(YOGA, CLASSES)).values()) == {"unchanged"}
    assert len(groups.told()) == told


def test_a_group_above_that_nobody_named_is_made_too(groups, push):
    assert became(push({"path": "Kurse/Yoga/Früh"})) == {
        "Kurse": "created", "Kurse/Yoga": "created", "Kurse/Yoga/Früh": "created",
    }  # fmt: skip
    assert became(push({"path": "Kurse/Yoga/Früh"})) == {"Kurse/Yoga/Früh": "unchanged"}


def test_by_its_key_a_group_is_renamed_and_moved_with_its_members(groups, push):
    push(CLASSES, YOGA)
    yoga, anna = groups.named("Kurse/Yoga")["id"], new_id()
    groups.add("Kurse/Yoga", anna)

    done = push({**CLASSES, "path": "Angebote"}, {**YOGA, "path": "Yoga für alle"})

    assert became(done) == {"Angebote": "updated", "Yoga für alle": "updated"}
    assert groups.paths() == ["Angebote", "Yoga für alle"]
    assert groups.named("Yoga für alle")["id"] == yoga
    assert groups.counts("Yoga für alle") == (1, 1)


def test_two_groups_change_their_names(groups, push):
    push({"key": "1", "path": "A"}, {"key": "2", "path": "B"}, {"key": "3", "path": "A/C"})
    first, second = groups.named("A")["id"], groups.named("B")["id"]

    push({"key": "1", "path": "B"}, {"key": "2", "path": "A"}, {"key": "3", "path": "B/C"})

    assert (groups.named("B")["id"], groups.named("A")["id"]) == (first, second)
    assert groups.paths() == ["A", "B", "B/C"]


def test_what_is_not_said_stays(groups, push):
    push({**CLASSES, "default_for": ["booking"]})

    push({"key": "kurs", "path": "Kurse", "colour": "blue"})

    group = groups.named("Kurse")
    assert (group["topic"], group["default_for"], group["colour"]) == (True, ["booking"], "blue")


def test_the_branchs_own_group_is_not_touched_unless_told(groups, push):
    own, anna = groups.group("Kurse"), new_id()
    groups.add("Kurse", anna)

    done = push(CLASSES, YOGA, {"path": "Anderes"})

    assert became(done) == {"Kurse": "conflict", "Kurse/Yoga": "conflict", "Anderes": "created"}
    assert "adopt" in done["groups"][0]["problem"]
    assert groups.named("Kurse")["origin"] == "local"

    assert became(push(CLASSES, YOGA, adopt=True)) == {"Kurse": "adopted", "Kurse/Yoga": "created"}
    assert (groups.named("Kurse")["id"], groups.named("Kurse")["origin"]) == (own, "franchise")
    assert groups.counts("Kurse") == (1, 1)


def test_a_reason_is_given_in_the_callers_language(groups):
    groups.group("Kurse")

    answer = groups.client.put(
        "/api/v1/groups/franchise", json={"groups": [CLASSES]}, headers={"Accept-Language": "de"}
    )

    assert "eigene Gruppe 'Kurse'" in answer.json["groups"][0]["problem"]


def test_what_the_head_office_has_no_more_goes_unless_somebody_is_in_it(groups, push):
    push(CLASSES, YOGA, {"path": "Alt"}, {"path": "Alt/Leer"})
    groups.group("Eigene")
    groups.add("Alt", new_id())

    assert set(became(push(CLASSES)).values()) == {"unchanged"}
    done = push(CLASSES, prune=True)
    assert became(done) == {
        "Kurse": "unchanged", "Kurse/Yoga": "removed", "Alt/Leer": "removed", "Alt": "kept",
    }  # fmt: skip
    assert done["groups"][-1]["problem"]
    assert groups.paths() == ["Alt", "Eigene", "Kurse"]

    assert became(push(CLASSES, prune=True, remove_members=True))["Alt"] == "removed"
    assert groups.paths() == ["Eigene", "Kurse"]
    assert len(groups.told("removed_from_group")) == 1


def test_a_branchs_own_subgroup_never_goes_with_the_head_offices(groups, push):
    push(CLASSES)
    groups.group("Kurse/Eigene")
    groups.add("Kurse/Eigene", new_id())

    done = push({"path": "Anderes"}, prune=True, remove_members=True)

    assert became(done)["Kurse"] == "kept"
    assert groups.counts("Kurse/Eigene") == (1, 1)


def test_a_dry_run_says_the_same_and_does_nothing(groups, push):
    push(CLASSES)
    told = groups.told_names()

    done = push({**CLASSES, "path": "Angebote"}, YOGA, prune=True, dry_run=True)

    assert became(done) == {"Angebote": "updated", "Kurse": "created", "Kurse/Yoga": "created"}
    assert done["dry_run"] is True
    assert groups.paths() == ["Kurse"]
    assert groups.told_names() == told


def test_attributes_are_given_out_too(groups, push):
    size = {"key": "groesse", "label": {"de": "Größe"}, "type": "choice", "choices": ["S", "M"]}

    assert became(push(attributes=[size]), "attributes") == {"groesse": "created"}
    assert became(push(attributes=[size]), "attributes") == {"groesse": "unchanged"}
    more = {**size, "choices": ["S", "M", "L"], "required": {"form": True}}
    assert became(push(attributes=[more]), "attributes") == {"groesse": "updated"}

    [found] = groups.get("/attributes", scope="customer").json["items"]
    assert (found["origin"], found["choices"]) == ("franchise", ["S", "M", "L"])
    assert found["required"] == {"staff": False, "form": True}


def test_an_attribute_with_values_is_kept_and_the_branchs_own_is_adopted(groups, push):
    groups.attribute("Beruf")
    work = {"key": "beruf", "label": {"de": "Beruf"}, "type": "text"}
    assert became(push(attributes=[work]), "attributes") == {"beruf": "conflict"}
    assert became(push(attributes=[work], adopt=True), "attributes") == {"beruf": "adopted"}
    groups.patch(f"/attribute-values/{new_id()}", {"beruf": "Koch"})

    broken = {**work, "type": "integer"}
    assert became(push(attributes=[broken]), "attributes") == {"beruf": "conflict"}
    assert became(push(attributes=[], prune=True), "attributes") == {"beruf": "kept"}
    gone = push(attributes=[], prune=True, remove_members=True)
    assert became(gone, "attributes") == {"beruf": "removed"}
    assert groups.paths() == []  # groups were not named: nothing happens to them


def test_two_pushes_at_once_make_one_of_each(groups, push):
    def one(_):
        return push(CLASSES, YOGA)

    with ThreadPoolExecutor(4) as at_once:
        answers = list(at_once.map(one, range(4)))

    assert groups.paths() == ["Kurse", "Kurse/Yoga"]
    assert sum(became(answer)["Kurse"] == "created" for answer in answers) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"groups": [{"path": "A"}, {"path": "a"}]},
        {"groups": [{"path": "A", "key": "1"}, {"path": "B", "key": "1"}]},
        {"groups": [{"path": "A//B"}]},
        {"groups": [{"path": "/".join("A" * 33)}]},
        {"attributes": [{"key": "x", "label": {"de": "X"}, "type": "text"}] * 2},
        {"groups": [{"path": "A", "origin": "local"}]},
        [],
    ],
)
def test_what_makes_no_sense_is_refused_whole(groups, body):
    assert groups.client.put("/api/v1/groups/franchise", json=body).status_code == 422


@pytest.mark.parametrize("scopes", [("groups:read", "groups:write"), ("admin",)])
def test_nobody_of_a_branch_pushes_or_changes(groups, push, client_for, scopes):
    push(CLASSES, YOGA)
    staff = client_for("groups", scopes)
    yoga = groups.named("Kurse/Yoga")
    at = {"If-Match": f'"{yoga["version"]}"'}
    address = f"/api/v1/groups/{yoga['id']}"

    assert staff.put("/api/v1/groups/franchise", json={"groups": []}).status_code == 403
    for change in (
        {"name": "Unser"}, {"parent_id": None}, {"topic": True}, {"default_for": ["pos"]},
        {"description": "x"}, {"colour": "red"},
    ):  # fmt: skip
        assert staff.patch(address, json=change, headers=at).status_code == 403
    assert staff.delete(address, headers=at).status_code == 403
    # Who is in it is the branch's own affair.
    assert staff.put(f"{address}/members/{new_id()}").status_code == 204
    [inside] = groups.get("/memberships", group_id=yoga["id"]).json["items"]
    assert (inside["group_path"], inside["group_origin"]) == ("Kurse/Yoga", "franchise")


def test_a_branch_cannot_move_the_head_offices_groups_with_one_of_its_own(groups, staff):
    local, other = groups.group("Lokal"), groups.group("Andere")
    groups.group("Lokal/Zentrale", origin="franchise")

    assert staff.patch(f"/groups/{local}", {"name": "Anders"}, 1).status_code == 403
    assert staff.patch(f"/groups/{local}", {"parent_id": other}, 1).status_code == 403
    assert staff.patch(f"/groups/{local}", {"description": "Unsere"}, 1).status_code == 200
    assert groups.paths() == ["Andere", "Lokal", "Lokal/Zentrale"]


def test_a_branch_has_groups_of_its_own_below_the_head_offices(groups, staff, push):
    push(CLASSES)
    own = staff.group("Eigene")

    moved = staff.patch(f"/groups/{own}", {"parent_id": groups.named("Kurse")["id"]}, 1)

    assert moved.status_code == 200
    push({**CLASSES, "path": "Angebote"})
    assert groups.paths() == ["Angebote", "Angebote/Eigene"]
