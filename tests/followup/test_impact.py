"""What would start if people came into groups, asked before they do."""

from __future__ import annotations

import pytest

from shared.db import new_id

PATH = "/api/v1/sequences/impact"


def foreseen(world, *rows, **asked):
    answer = world.client.post(PATH, json={"rows": list(rows), **asked})
    assert answer.status_code == 200, answer.json
    return answer.json


def test_asking_writes_nothing(world):
    group = world.group("Messe")
    world.sequence(group)
    told = world.told()

    said = foreseen(world, {"email": "neu@example.de", "opt_in": "confirmed", "groups": ["Messe"]})

    assert (said["would_join"], said["would_start"]) == (1, 1)
    assert world.enrolments() == []
    assert world.told() == told


def test_groups_are_meant_by_id_by_path_and_in_any_case(world):
    group = world.group("Messe")
    world.sequence(group)
    anna = world.customer()

    for name in (str(group), "Messe", " messe "):
        assert foreseen(world, {"customer_id": str(anna), "groups": [name]})["would_join"] == 1
    for name in (str(new_id()), "Messe/Neu", "Messe//"):
        assert foreseen(world, {"customer_id": str(anna), "groups": [name]})["would_join"] == 0


def test_a_new_group_counts_as_one_below_the_groups_that_there_are(world):
    group = world.group("Messe")
    world.sequence(group, include_subgroups=True)
    newcomer = {"email": "neu@example.de", "opt_in": "confirmed", "groups": ["Messe/2027/Köln"]}

    assert foreseen(world, newcomer)["would_start"] == 1
    assert foreseen(world, newcomer, create_missing=False)["would_start"] == 0


def test_whoever_was_merged_is_asked_about_as_the_survivor(world):
    group = world.group("Messe")
    world.sequence(group)
    anna, anni = world.customer(), world.customer()
    world.join(anna, group)
    world.merge(anna, anni)

    assert foreseen(world, {"customer_id": str(anni), "groups": ["Messe"]})["would_join"] == 0


def test_who_is_not_heard_of_yet_is_taken_as_the_row_says(world):
    world.sequence(world.group("Messe"))

    row = {"customer_id": str(new_id()), "email": "neu@example.de", "groups": ["Messe"]}
    [sequence] = foreseen(world, row)["sequences"]

    assert (sequence["would_join"], sequence["waiting_for_consent"]) == (1, 1)


def test_an_erased_person_starts_nothing(world):
    group = world.group("Messe")
    world.sequence(group)
    anna = world.customer()
    world.erase(anna)

    row = {"customer_id": str(anna), "opt_in": "confirmed", "groups": ["Messe"]}
    [sequence] = foreseen(world, row)["sequences"]

    assert sequence["blocked"] == {"erased": 1}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rows": [{"groups": "Messe"}]},
        {"rows": [{"groups": ["x"], "opt_in": "revoked"}]},
        {"rows": [{"groups": []}] * 5_001},
    ],
)
def test_what_is_no_list_of_people_is_refused(world, body):
    assert world.client.post(PATH, json=body).status_code == 422


def test_reading_is_enough_to_ask(client_for):
    asked = {"rows": []}
    assert client_for("followup", ("followup:read",)).post(PATH, json=asked).status_code == 200
    assert client_for("followup", ("groups:read",)).post(PATH, json=asked).status_code == 403
