"""Who enters a sequence, who waits, who leaves."""

from __future__ import annotations

import pytest

from shared.db import new_id


def test_a_customer_who_enters_the_group_gets_the_mail(world):
    group = world.group()
    world.sequence(group)
    anna = world.customer(first_name="Anna", email="anna@example.de")

    world.join(anna, group)
    world.send()

    [mail] = world.inbox
    assert mail.to == "anna@example.de"
    assert b"Subject: Hallo Anna\r\n" in mail.data
    assert world.enrolment(anna)["state"] == "completed"
    assert [m["state"] for m in world.mails(customer_id=anna)] == ["sent"]
    assert world.told() == [
        "followup.sequence_started",
        "followup.mail_sent",
        "followup.sequence_ended",
    ]


def test_entering_twice_starts_once(world):
    group = world.group()
    world.sequence(group)
    anna = world.customer()
    event = world.joined(anna, group)
    world.hear(event, event)
    world.hear(event)
    world.send()
    assert len(world.inbox) == 1


def test_subgroups_start_it_only_where_the_sequence_says_so(world):
    travel = world.group("Reisen")
    greece = world.group("Griechenland", parent=travel)
    world.sequence(travel, include_subgroups=True, name="mit")
    world.sequence(travel, include_subgroups=False, name="ohne")
    anna = world.customer()
    world.join(anna, greece, above=(travel,))
    assert [e["sequence_name"] for e in world.enrolments(customer_id=anna)] == ["mit"]


def test_several_start_groups_at_once_start_it_once(world):
    red, blue = world.group("Rot"), world.group("Blau")
    world.sequence(red, blue)
    anna = world.customer()
    world.hear(world.joined(anna, red), world.joined(anna, blue))
    assert len(world.enrolments(customer_id=anna)) == 1


def test_an_import_can_say_no(world):
    group = world.group()
    world.sequence(group)
    anna = world.customer()
    world.join(anna, group, start="no")
    assert world.enrolments(customer_id=anna) == []


def test_an_import_can_spread_the_starts(world):
    group = world.group()
    world.sequence(group)
    customers = [world.customer() for _ in range(20)]
    world.hear(*(world.joined(c, group, start="spread") for c in customers))
    assert len({mail["due_at"] for mail in world.mails()}) > 15


def test_a_draft_starts_nothing(world):
    group = world.group()
    world.sequence(group, activate=False)
    world.join(world.customer(), group)
    assert world.enrolments() == []


def test_without_consent_it_waits_and_starts_by_itself_when_consent_comes(world):
    group = world.group()
    world.sequence(group)
    anna = world.customer(opt_in="none")
    world.join(anna, group)
    world.send()
    assert world.inbox == []
    waiting = world.enrolment(anna)
    assert (waiting["state"], waiting["reason"]) == ("waiting_for_consent", "no_consent")

    world.confirm(anna)
    world.send()
    assert len(world.inbox) == 1
    assert world.told().count("followup.sequence_started") == 1


def test_a_member_nobody_has_heard_of_yet_waits_to_be_known(world):
    group = world.group()
    world.sequence(group)
    anna = new_id()
    world.join(anna, group)
    assert world.enrolment(anna)["reason"] == "unknown_customer"
    world.hear(world.snapshot(anna))
    world.send()
    assert len(world.inbox) == 1


def test_a_service_sequence_needs_no_consent(world):
    group = world.group()
    world.sequence(group, purpose="service")
    world.join(world.customer(opt_in="none"), group)
    world.send()
    [mail] = world.inbox
    assert b"List-Unsubscribe" not in mail.data


@pytest.mark.parametrize(
    ("policy", "state", "sent"),
    [("stop", "stopped", 0), ("continue", "completed", 1), ("pause", "paused", 0)],
)
def test_leaving_the_group_does_what_the_policy_says(world, policy, state, sent):
    group = world.group()
    world.sequence(group, policies={"on_leave": policy})
    anna = world.customer()
    world.join(anna, group)
    world.leave(anna, group)
    world.send()
    assert world.enrolment(anna)["state"] == state
    assert len(world.inbox) == sent


@pytest.mark.parametrize("policy", ["stop", "continue", "pause"])
def test_who_should_never_have_been_in_the_group_gets_nothing_more(world, policy):
    """The import that put them in was undone: whatever the policy says of leaving."""
    group = world.group()
    world.sequence(group, policies={"on_leave": policy})
    anna = world.customer()
    world.join(anna, group)

    world.hear(world.left(anna, group, source="import_undone"))
    world.send()

    enrolment = world.enrolment(anna)
    assert (enrolment["state"], enrolment["reason"]) == ("stopped", "import_undone")
    assert world.inbox == []


def test_leaving_one_of_two_start_groups_changes_nothing(world):
    red, blue = world.group("Rot"), world.group("Blau")
    world.sequence(red, blue)
    anna = world.customer()
    world.join(anna, red)
    world.join(anna, blue)
    world.leave(anna, red)
    world.send()
    assert len(world.inbox) == 1


def test_who_paused_by_leaving_goes_on_after_coming_back(world):
    group = world.group()
    world.sequence(group, policies={"on_leave": "pause"})
    anna = world.customer()
    world.join(anna, group)
    world.leave(anna, group)
    world.join(anna, group)
    world.send()
    assert world.enrolment(anna)["state"] == "completed"
    assert len(world.inbox) == 1


@pytest.mark.parametrize(("policy", "sent"), [("never", 1), ("after_leaving", 2), ("always", 2)])
def test_coming_back_starts_it_again_as_the_policy_says(world, policy, sent):
    group = world.group()
    world.sequence(group, policies={"reentry": policy})
    anna = world.customer()
    for _ in range(2):
        world.join(anna, group)
        world.send()
        world.leave(anna, group)
    assert len(world.inbox) == sent


def test_another_start_group_is_no_coming_back(world):
    red, blue = world.group("Rot"), world.group("Blau")
    world.sequence(red, blue, policies={"reentry": "after_leaving"})
    anna = world.customer()
    world.join(anna, red)
    world.send()
    world.join(anna, blue)
    world.send()
    assert len(world.inbox) == 1


def test_members_of_an_excluding_group_do_not_enter(world):
    group, staff = world.group(), world.group("Personal")
    world.sequence(group, excluding_groups=[str(staff)])
    anna = world.customer()
    world.join(anna, staff)
    world.join(anna, group)
    assert world.enrolments(customer_id=anna) == []


def test_entering_the_end_group_ends_it(world):
    group, bought = world.group(), world.group("Gekauft")
    world.sequence(group, end_group=str(bought))
    anna = world.customer()
    world.join(anna, group)
    world.join(anna, bought)
    world.send()
    assert world.enrolment(anna)["state"] == "completed"
    assert world.inbox == []


@pytest.mark.parametrize(("policy", "state"), [("pause", "paused"), ("stop", "stopped")])
def test_an_inactive_customer_gets_nothing_also_when_mail_was_due(world, policy, state):
    group = world.group()
    world.sequence(group, policies={"on_inactive": policy})
    anna = world.customer()
    world.join(anna, group)
    world.deactivate(anna)
    world.send()
    assert world.inbox == []
    assert world.enrolment(anna)["state"] == state

    world.reactivate(anna)
    world.send()
    assert len(world.inbox) == (1 if policy == "pause" else 0)


def test_who_enters_while_inactive_starts_after_reactivation(world):
    group = world.group()
    world.sequence(group)
    anna = world.customer()
    world.deactivate(anna)
    world.join(anna, group)
    world.send()
    assert world.inbox == []
    world.reactivate(anna)
    world.send()
    assert len(world.inbox) == 1


def test_revoking_consent_stops_it_and_leaves_the_due_mail_out(world):
    group = world.group()
    world.sequence(group)
    anna = world.customer()
    world.join(anna, group)
    world.revoke(anna)
    world.send()
    assert world.inbox == []
    assert world.enrolment(anna)["reason"] == "opted_out"
    [mail] = world.mails(customer_id=anna)
    assert (mail["state"], mail["reason"]) == ("skipped", "opted_out")


def test_an_erased_customer_is_forgotten_and_stays_so(world):
    group = world.group()
    world.sequence(group)
    anna = world.customer(email="anna@example.de")
    world.join(anna, group)
    late = world.snapshot(anna, email="anna@example.de")
    world.erase(anna)
    world.hear(late)
    world.send()
    assert world.inbox == []
    assert world.enrolment(anna)["reason"] == "erased"
    with world.database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT email, last_name FROM recipients").all()
    assert rows == [(None, None)]


def test_events_out_of_order_end_where_they_would_have_in_order(world):
    group = world.group()
    world.sequence(group)
    anna = new_id()
    first, changed = (
        world.snapshot(anna, email="old@example.de"),
        world.snapshot(anna, email="new@example.de"),
    )
    joined, left = world.joined(anna, group), world.left(anna, group)
    world.hear(left, changed, joined, first)
    world.send()
    assert world.inbox == []
    assert world.enrolment(anna)["state"] == "stopped"


def test_hundreds_of_members_at_once_are_enrolled_together(world):
    group = world.group()
    world.sequence(group)
    world.newcomers(group, 400)
    assert world.client.get("/api/v1/mails").json["total"] == 400


def test_who_comes_back_while_inactive_goes_on_only_when_active_again(world):
    group = world.group()
    world.sequence(group, policies={"on_leave": "pause"})
    customer = world.customer()
    world.join(customer, group)
    world.deactivate(customer)
    world.leave(customer, group)

    world.join(customer, group)

    [enrolment] = world.enrolments(customer_id=customer)
    assert (enrolment["state"], enrolment["reason"]) == ("paused", "inactive")
