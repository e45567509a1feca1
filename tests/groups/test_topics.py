"""Memberships follow what customers choose on the preference page, whatever the order of the news."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest

from shared.db import new_id, utcnow
from shared.events.customers import CustomerErased, CustomersMerged, MergeUndone
from shared.events.followup import TopicsChosen
from tests.groups.caller import registered


@pytest.fixture
def known(groups):
    """A customer who is known here."""

    def known():
        customer_id = new_id()
        groups.hear(registered(customer_id))
        return customer_id

    return known


def _id(group_id):
    return group_id if isinstance(group_id, UUID) else UUID(group_id)


def chose(customer_id, at=None, chosen=(), declined=()):
    return TopicsChosen(
        customer_id=customer_id, chosen=[_id(g) for g in chosen], declined=[_id(g) for g in declined],
        occurred_at=at or utcnow(),
    )  # fmt: skip


def paths(groups, customer_id):
    found = groups.get("/memberships", customer_id=customer_id).json["items"]
    return sorted(item["group_path"] for item in found if item["until"] is None)


def test_the_chosen_topics_are_joined_and_the_declined_left(groups, known):
    news, trips = groups.group("Neues", topic=True), groups.group("Reisen", topic=True)
    anna = known()
    groups.add("Neues", anna)

    groups.hear(chose(anna, chosen=[trips], declined=[news]))

    assert paths(groups, anna) == ["Reisen"]
    [joined] = [e for e in groups.told("added_to_group") if e["group_id"] == trips]
    assert (joined["source"], joined["start_sequences"]) == ("preference_page", "yes")
    assert groups.told("removed_from_group")[0]["source"] == "preference_page"
    [member] = groups.get(f"/groups/{trips}/members").json["items"]
    assert (member["by"], member["source"]) == ("customer", "preference_page")


def test_what_is_no_topic_or_not_there_is_left_alone(groups, known):
    staff_only, deleted = groups.group("Intern"), new_id()
    anna = known()
    groups.add("Intern", anna)

    groups.hear(chose(anna, chosen=[deleted], declined=[staff_only]))

    assert paths(groups, anna) == ["Intern"]


def test_a_topic_of_the_head_office_can_be_chosen(groups, known):
    news = groups.group("Neues", topic=True, origin="franchise")
    anna = known()

    groups.hear(chose(anna, chosen=[news]))

    assert paths(groups, anna) == ["Neues"]


def test_what_staff_do_after_the_choice_counts(groups, known):
    news, trips = groups.group("Neues", topic=True), groups.group("Reisen", topic=True)
    anna = known()
    before = utcnow()
    groups.add("Neues", anna)
    groups.add("Reisen", anna)
    groups.delete(f"/groups/{trips}/members/{anna}")

    groups.hear(chose(anna, before, chosen=[trips], declined=[news]))

    assert paths(groups, anna) == ["Neues"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_last_choice_counts_in_whatever_order_they_are_heard(groups, known, order):
    news = groups.group("Neues", topic=True)
    anna = known()
    groups.add("Neues", anna)
    start = utcnow()
    told = [
        chose(anna, start + timedelta(milliseconds=1), declined=[news]),
        chose(anna, start + timedelta(milliseconds=2), chosen=[news]),
        chose(anna, start + timedelta(milliseconds=3), declined=[news]),
    ]

    for place in order:
        groups.hear(told[place])

    assert paths(groups, anna) == []


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("late", [True, False])
def test_who_declines_and_chooses_again_has_left_and_come_back(groups, known, together, late):
    """Their sequences have stopped or paused at once, and go on by the news of their return."""
    news = groups.group("Neues", topic=True)
    anna = known()
    groups.add("Neues", anna)
    start = utcnow()
    told = [chose(anna, start, declined=[news]), chose(anna, utcnow(), chosen=[news])]
    if late:
        told.reverse()

    if together:
        groups.hear(*told)
    else:
        groups.hear(told[0])
        groups.hear(told[1])

    assert paths(groups, anna) == ["Neues"]
    names = [n for n in groups.told_names() if n.endswith("_group")]
    assert [name.split("_")[1] for name in names] == ["added", "removed", "added"]


def test_told_under_both_ids_of_a_merged_customer_it_happens_once(groups, known):
    news, trips = groups.group("Neues", topic=True), groups.group("Reisen", topic=True)
    anna, double = known(), known()
    groups.add("Neues", anna)
    groups.hear(
        CustomersMerged(
            customer_id=anna, merged_ids=[double], version=2, merged_versions=[2],
            occurred_at=utcnow(),
        )
    )  # fmt: skip

    for id_ in (double, anna):
        groups.hear(chose(id_, chosen=[trips], declined=[news]))

    assert paths(groups, anna) == ["Reisen"]
    assert len(groups.told("removed_from_group")) == 1


def test_choices_of_the_erased_are_forgotten_and_change_nothing(groups, known):
    news = groups.group("Neues", topic=True)
    anna = known()
    groups.hear(chose(anna, chosen=[news]))
    assert groups.get(f"/groups/data/{anna}").json["topic_choices"][0]["chosen"] is True

    groups.hear(CustomerErased(customer_id=anna, version=2, occurred_at=utcnow()))
    groups.hear(chose(anna, chosen=[news]))

    assert groups.counts("Neues") == (0, 0)
    assert groups.get(f"/groups/data/{anna}").json["topic_choices"] == []
    assert groups.told("added_to_group")[1:] == []


def test_groups_tell_what_a_topic_is_about(groups):
    group = groups.group("Neues", topic=True, description="Was es gibt", origin="franchise")
    groups.patch(f"/groups/{group}", {"description": "Alles Neue"}, 1)

    [created], [changed] = groups.told("group_created"), groups.told("group_changed")
    assert (created["topic"], created["origin"]) == (True, "franchise")
    assert created["description"] == "Was es gibt"
    assert changed["description"] == "Alles Neue"


def test_what_was_declined_while_merged_stays_declined_when_that_is_undone(groups, known):
    news = groups.group("Neues", topic=True)
    anna, double = known(), known()
    groups.add("Neues", double)
    groups.hear(
        CustomersMerged(
            customer_id=anna, merged_ids=[double], version=2, merged_versions=[2],
            occurred_at=utcnow(),
        )
    )  # fmt: skip
    for id_ in (double, anna):
        groups.hear(chose(id_, declined=[news]))

    groups.hear(
        MergeUndone(
            customer_id=anna, merged_ids=[double], version=3, merged_versions=[3],
            occurred_at=utcnow(),
        )
    )  # fmt: skip

    assert (paths(groups, anna), paths(groups, double)) == ([], [])
