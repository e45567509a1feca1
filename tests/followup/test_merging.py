"""Two customers turn out to be one: what runs goes on with the survivor, and can be given back."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.followup.tokens import Links
from shared.db import new_id, utcnow

DAY = timedelta(days=1)


def steps(count, delay_days=1):
    return [
        {
            "key": f"step{n}",
            "subject": f"Mail {n}",
            "html": "<p>Hallo {{ customer.first_name }}</p>",
            "delay": {"value": delay_days if n else 0, "unit": "days"},
        }
        for n in range(count)
    ]


@pytest.fixture
def public(client_for):
    return client_for("followup", scopes=None)


@pytest.fixture
def salon(world):
    """`salon.anna` stays, `salon.anni` is the same person once more; a series of three mails."""

    class Salon:
        group = world.group()
        series = world.sequence(group, steps=steps(3))
        anna = world.customer(email="anna@example.de", first_name="Anna")
        anni = world.customer(email="anni@example.de", first_name="Anni")

        def later(self, days):
            world.now = utcnow() + days * DAY + timedelta(minutes=1)
            world.send()

        def subjects(self, address):
            return [_subject(mail) for mail in world.inbox if mail.to == address]

    return Salon()


def _subject(mail):
    return mail.data.split(b"Subject: ")[1].split(b"\r\n")[0].decode()


def states(world, customer_id):
    return [e["state"] for e in world.enrolments(customer_id=customer_id)]


def everything(world, sequences=(None,)):
    """All enrolments and mails as the outside sees them."""
    return [
        sorted(found, key=lambda row: row["id"])
        for sequence in sequences
        for of in ({"sequence_id": sequence} if sequence else {},)
        for found in (world.enrolments(limit=200, **of), world.mails(limit=200, **of))
    ]


def test_what_the_loser_was_in_goes_on_with_the_survivors_address_and_name(world, salon):
    world.join(salon.anni, salon.group)
    world.send()
    world.merge(salon.anna, salon.anni)
    salon.later(1)
    assert [mail.to for mail in world.inbox] == ["anni@example.de", "anna@example.de"]
    assert b"Anna" in world.inbox[1].data
    assert b"Anni" not in world.inbox[1].data

    [enrolment] = world.enrolments(customer_id=salon.anna)
    assert enrolment["entered_as"] == str(salon.anni)
    assert [m["state"] for m in world.mails(customer_id=salon.anna)] == ["sent", "sent", "due"]
    # Whoever asks by the loser's id means the survivor.
    assert world.mails(customer_id=salon.anni) == world.mails(customer_id=salon.anna)


def test_of_two_ways_the_one_that_has_come_further_goes_on(world, salon):
    world.join(salon.anni, salon.group)
    world.send()
    salon.later(1)
    world.now = None
    world.join(salon.anna, salon.group)
    world.send()
    assert salon.subjects("anni@example.de") == ["Mail 0", "Mail 1"]
    assert salon.subjects("anna@example.de") == ["Mail 0"]

    world.merge(salon.anna, salon.anni)
    for day in (1, 2, 3, 4):
        salon.later(day)
    assert salon.subjects("anna@example.de") == ["Mail 0", "Mail 2"]
    first, second = world.enrolments(customer_id=salon.anna)
    assert (first["state"], first["run"]) == ("completed", 1)
    assert (second["state"], second["reason"], second["run"]) == ("stopped", "merged", 2)


def test_nobody_gets_a_series_again_that_they_had_under_the_other_name(world, salon):
    world.join(salon.anna, salon.group)
    for day in (0, 1, 2, 3):
        salon.later(day)
    assert states(world, salon.anna) == ["completed"]
    world.join(salon.anni, salon.group)
    world.merge(salon.anna, salon.anni)
    salon.later(9)
    assert salon.subjects("anni@example.de") == []
    assert len(salon.subjects("anna@example.de")) == 3


def test_steps_that_the_loser_had_before_they_left_are_left_out(world, salon):
    world.join(salon.anni, salon.group)
    world.send()
    world.leave(salon.anni, salon.group)
    world.join(salon.anna, salon.group)
    world.merge(salon.anna, salon.anni)
    for day in (1, 2, 3):
        salon.later(day)
    assert salon.subjects("anni@example.de") == ["Mail 0"]
    assert salon.subjects("anna@example.de") == ["Mail 1", "Mail 2"]


def test_a_series_that_may_be_had_again_is_had_again(world):
    group = world.group()
    world.sequence(group, policies={"reentry": "always"})
    anna, anni = world.customer(email="anna@example.de"), world.customer()
    world.join(anna, group)
    world.send()
    world.join(anni, group)
    world.merge(anna, anni)
    world.send()
    assert [mail.to for mail in world.inbox] == ["anna@example.de"] * 2


def test_undone_everybody_goes_on_as_before(world, salon):
    world.join(salon.anna, salon.group)
    world.send()
    world.join(salon.anni, salon.group)
    before = everything(world)
    world.merge(salon.anna, salon.anni)
    assert everything(world) != before
    world.undo(salon.anna, salon.anni)
    assert everything(world) == before


def test_taking_back_the_last_of_two_merges_leaves_the_first(world, salon):
    third = world.customer(email="ann@example.de")
    for customer in (salon.anna, salon.anni, third):
        world.join(customer, salon.group)
    world.merge(salon.anni, third)
    before, told = everything(world), world.told().count("followup.sequence_ended")
    world.merge(salon.anna, salon.anni)
    world.undo(salon.anna, salon.anni)
    assert everything(world) == before
    assert world.told().count("followup.sequence_ended") == told + 1


def test_what_was_sent_while_they_were_one_stays_with_the_way_it_was_sent_on(world, salon):
    world.join(salon.anni, salon.group)
    world.send()
    world.merge(salon.anna, salon.anni)
    salon.later(1)
    world.undo(salon.anna, salon.anni)
    world.now += DAY
    world.send()
    assert salon.subjects("anna@example.de") == ["Mail 1"]
    assert salon.subjects("anni@example.de") == ["Mail 0", "Mail 2"]
    assert world.mails(customer_id=salon.anna) == []


def test_what_ended_meanwhile_does_not_resume(world, salon):
    for customer in (salon.anna, salon.anni):
        world.join(customer, salon.group)
    world.merge(salon.anna, salon.anni)
    world.hear(world.left(salon.anni, salon.group, source="merge"))
    world.leave(salon.anna, salon.group)
    world.undo(salon.anna, salon.anni)
    assert {e["state"] for e in world.enrolments()} == {"stopped"}
    world.send()
    assert world.inbox == []


def test_a_late_mail_of_a_resumed_way_goes_as_the_sequence_says(world):
    group = world.group()
    world.sequence(group, policies={"catch_up": "skip"}, steps=steps(2))
    anna, anni = world.customer(), world.customer(email="anni@example.de")
    world.join(anna, group)
    world.send()
    world.join(anni, group)
    world.merge(anna, anni)
    world.undo(anna, anni)
    world.now = utcnow() + timedelta(hours=12)
    world.send()
    assert [m["state"] for m in world.mails(customer_id=anni)] == ["skipped", "due"]


def test_memberships_that_only_follow_the_merge_start_and_stop_nothing(world, salon):
    end = world.group("Fertig")
    other = world.group("Andere")
    world.sequence(other)
    world.sequence(salon.group, end_group=str(end))
    world.join(salon.anni, salon.group)
    world.merge(salon.anna, salon.anni)
    world.hear(
        *(world.left(salon.anni, g, source="merge") for g in (salon.group, other, end)),
        *(
            world.joined(salon.anna, g, start="no", source="merge")
            for g in (salon.group, other, end)
        ),
    )
    assert states(world, salon.anna) == ["active", "active"]
    # From now on the survivor is the one who leaves.
    world.leave(salon.anna, salon.group)
    assert states(world, salon.anna) == ["stopped", "stopped"]


def test_who_is_still_in_under_the_other_name_has_not_left(world, salon):
    for customer in (salon.anna, salon.anni):
        world.join(customer, salon.group)
    world.merge(salon.anna, salon.anni)
    world.leave(salon.anna, salon.group)
    assert "active" in states(world, salon.anna)


def test_a_join_of_the_loser_that_is_heard_late_is_the_survivors(world, salon):
    world.merge(salon.anna, salon.anni)
    world.join(salon.anni, salon.group)
    world.send()
    assert [mail.to for mail in world.inbox] == ["anna@example.de"]
    world.join(salon.anna, salon.group)
    world.send()
    assert len(world.inbox) == 1


def test_the_order_of_the_news_does_not_matter(world, salon):
    for number, order in enumerate(permutations(range(5))):
        anni, anna, address = new_id(), new_id(), f"berta{number}@example.de"
        news = [
            world.snapshot(anna, email=address),
            world.snapshot(anni),
            world.joined(anni, salon.group),
            world.merged(anna, anni),
            world.left(anni, salon.group, source="merge"),
        ]
        for position in order:
            world.hear(news[position])
        world.hear(news[3])  # and once more
        assert states(world, anna) == ["active"], order
        world.send()
        assert world.inbox[-1].to == address
        assert len(world.inbox) == number + 1


def test_the_newest_merge_or_undoing_counts(world, salon):
    for order in permutations(range(4)):
        anna, anni = world.customer(), world.customer()
        world.join(anni, salon.group)
        news = [
            world.merged(anna, anni),
            world.undone(anna, anni),
            world.merged(anni, anna),
            world.undone(anni, anna),
        ]
        for position in order:
            world.hear(news[position])
        [enrolment] = world.enrolments(customer_id=anni)
        assert enrolment["customer_id"] == str(anni)
        assert (enrolment["entered_as"], enrolment["state"]) == (None, "active"), order


def test_undoing_the_last_of_two_merges_gives_back_the_whole_family(world, salon):
    third = world.customer(email="ann@example.de")
    other = world.group("Andere")
    world.sequence(other, steps=steps(2))
    world.join(third, salon.group)
    world.join(salon.anni, other)
    world.merge(salon.anni, third)
    before = everything(world)
    world.merge(salon.anna, salon.anni)
    assert states(world, salon.anna) == ["active", "active"]
    world.undo(salon.anna, salon.anni)
    assert everything(world) == before
    world.undo(salon.anni, third)
    assert states(world, third) == ["active"]
    assert [e["entered_as"] for e in world.enrolments()] == [None, None]


def test_three_who_are_one_have_one_way_and_each_gets_their_own_back(world, salon):
    third = world.customer(email="ann@example.de")
    everybody = (salon.anna, salon.anni, third)
    for customer in everybody:
        world.join(customer, salon.group)
    before = everything(world)
    world.merge(salon.anna, salon.anni, third)
    assert sorted(states(world, salon.anna)) == ["active", "stopped", "stopped"]
    assert [e["run"] for e in world.enrolments(customer_id=salon.anna)] == [1, 2, 3]
    world.undo(salon.anna, salon.anni, third)
    assert everything(world) == before


@pytest.mark.parametrize("who", ["link_of_the_loser", "link_of_the_survivor"])
def test_an_old_link_stops_the_survivors_mail_at_once(world, public, salon, who):
    world.join(salon.anni, salon.group)
    world.send()
    world.merge(salon.anna, salon.anni)
    link_id = salon.anni if who == "link_of_the_loser" else salon.anna
    path = Links(world.settings).unsubscribe(link_id, new_id()).partition("8080")[2]
    assert public.post(path).status_code == 200
    assert states(world, salon.anna) == ["stopped"]
    salon.later(5)
    assert len(world.inbox) == 1
    assert world.told().count("followup.unsubscribed") == (2 if link_id == salon.anni else 1)


def test_the_losers_suppressed_address_stays_suppressed(world, public, salon):
    path = Links(world.settings).unsubscribe(salon.anni, new_id()).partition("8080")[2]
    public.post(path)
    world.merge(salon.anna, salon.anni)
    group = world.group("Familie")
    world.sequence(group)
    world.join(world.customer(email="ANNI@example.de"), group)
    world.send()
    assert world.inbox == []


def test_a_survivor_who_allows_no_newsletter_gets_none_of_the_losers(world, salon):
    no = world.customer(email="no@example.de", opt_in="revoked")
    world.join(salon.anni, salon.group)
    before = everything(world)
    world.merge(no, salon.anni)
    world.send()
    assert world.inbox == []
    assert states(world, no) == ["stopped"]
    world.undo(no, salon.anni)
    assert everything(world) == before


def test_an_invitation_goes_to_whom_it_was_asked_for_and_its_click_counts(world, public, salon):
    anna = world.customer(email="berta@example.de", opt_in="none")
    anni = world.customer(email="berti@example.de", opt_in="none")
    world.merge(anna, anni)
    world.request(anni, "berti@example.de")
    world.send()
    [invitation] = world.inbox
    assert invitation.to == "berti@example.de"
    assert world.mails(customer_id=anna)[0]["entered_as"] == str(anni)
    path = Links(world.settings).opt_in(_invitation_id(world)).partition("8080")[2]
    assert public.post(path).status_code == 200
    assert "followup.opt_in_accepted" in world.told()
    world.undo(anna, anni)
    world.join(anni, salon.group)
    world.send()
    assert world.inbox[1].to == "berti@example.de"


def _invitation_id(world):
    from sqlalchemy import select

    from services.followup.models import Invitation

    with world.database.reading() as session:
        return session.scalars(select(Invitation.id)).one()


def test_late_news_of_the_loser_stay_the_losers(world, salon):
    world.join(salon.anni, salon.group)
    world.merge(salon.anna, salon.anni)
    world.deactivate(salon.anni)
    world.hear(world.snapshot(salon.anni, email="neu@example.de"))
    assert states(world, salon.anna) == ["active"]
    world.undo(salon.anna, salon.anni)
    world.send()
    assert [mail.to for mail in world.inbox] == ["neu@example.de"]


def test_the_plan_leaves_out_what_was_had(world, salon):
    world.join(salon.anni, salon.group)
    world.send()
    world.leave(salon.anni, salon.group)
    world.join(salon.anna, salon.group)
    world.merge(salon.anna, salon.anni)
    [live] = world.enrolments(customer_id=salon.anna, state="active")
    plan = world.client.get(f"/api/v1/enrolments/{live['id']}/plan").json["steps"]
    assert [(s["state"], s["reason"]) for s in plan] == [
        ("skipped", "merged"), ("due", None), ("planned", None),
    ]  # fmt: skip


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["join", "leave", "send", "stop", "deactivate", "day"]),
        st.integers(0, 2),
        st.integers(0, 1),
    ),
    max_size=12,
)


@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # the world is not a new one for each example
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    acts=ACTS,
    reentry=st.sampled_from(["never", "after_leaving", "always"]),
    on_leave=st.sampled_from(["stop", "pause", "continue"]),
    chain=st.booleans(),
)
def test_merged_and_undone_is_as_if_nothing_had_been(world, acts, reentry, on_leave, chain):
    groups = [world.group() for _ in range(2)]
    policies = {"reentry": reentry, "on_leave": on_leave}
    series = [world.sequence(group, steps=steps(3), policies=policies) for group in groups]
    people = [world.customer() for _ in range(3)]
    world.now = utcnow()
    for act, person, group in acts:
        _act(world, act, people, people[person], groups[group])
    before = everything(world, series)
    if chain:
        world.merge(people[1], people[2])
        between = everything(world, series)
        world.merge(people[0], people[1])
        assert _at_most_one_way(world, series)
        world.undo(people[0], people[1])
        assert everything(world, series) == between
        world.undo(people[1], people[2])
    else:
        world.merge(people[0], people[1], people[2])
        assert _at_most_one_way(world, series)
        world.undo(people[0], people[1], people[2])
    assert everything(world, series) == before
    for sequence in series:
        world.client.post(f"/api/v1/sequences/{sequence}/archive")


def _act(world, act, people, customer, group):
    match act:
        case "join":
            world.join(customer, group)
        case "leave":
            world.leave(customer, group)
        case "send":
            world.send()
        case "day":
            world.now += DAY + timedelta(minutes=1)
            world.send()
        case "stop":
            for enrolment in world.enrolments(customer_id=customer, state="active"):
                world.client.post(f"/api/v1/enrolments/{enrolment['id']}/stop")
        case "deactivate":
            # All of them: what begins because the survivor is active has begun for good.
            for one in people:
                world.deactivate(one)


def _at_most_one_way(world, sequences):
    live = [
        (e["customer_id"], e["sequence_id"])
        for sequence in sequences
        for e in world.enrolments(limit=200, sequence_id=sequence)
        if e["state"] in ("active", "paused", "waiting_for_consent")
    ]
    return len(live) == len(set(live))
