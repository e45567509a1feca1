"""Whoever is erased leaves nothing behind but a hash that keeps newsletters away from their address."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from services.followup.tokens import Links
from shared.db import new_id
from shared.events.customers import CustomerErased
from shared.events.groups import CustomerAttributesChanged

ADDRESS = "erika.gabler@example.de"
TRACES = (ADDRESS, "erika", "gabler", "blond")


@pytest.fixture
def public(client_for):
    return client_for("followup", scopes=None)


@pytest.fixture
def erika(world):
    """Somebody of whom there is something in every table."""
    group = world.group()
    world.sequence(group)
    erika = world.customer(email=ADDRESS, first_name="Erika", last_name="Gabler")
    world.hear(
        CustomerAttributesChanged(
            customer_id=erika, version=1, values={"hair": "blond"}, occurred_at=world.clock()
        )
    )
    world.request(erika, ADDRESS)
    world.send()
    world.join(erika, group)
    world.confirm(erika)
    world.sink.state.mode = "drop_after_dot"
    world.send()
    [mail] = world.mails(customer_id=erika, state="uncertain")
    # The answer is kept for whoever asks again with the same key.
    world.client.post(f"/api/v1/mails/{mail['id']}/resend", headers={"Idempotency-Key": "one"})
    world.sink.state.mode = "550"
    world.send()
    world.sink.state.mode = "ok"
    world.client.post(
        "/api/v1/suppressions", json={"email": ADDRESS, "note": "Frau Gabler rief an"}
    )
    for suppression in world.client.get("/api/v1/suppressions").json["items"]:
        world.client.delete(f"/api/v1/suppressions/{suppression['id']}")
    world.client.post("/api/v1/suppressions", json={"email": ADDRESS, "note": "Gabler, tot"})
    return erika


def stored(world):
    """Everything in all tables, as text; what is still to be told is no longer there once it was told."""
    with world.database.reading() as session:
        tables = [
            name for name in world.tables() if name not in ("outbox", "inbox", "alembic_version")
        ]
        return {
            name: " ".join(
                str(value)
                for row in session.execute(text(f'SELECT * FROM "{name}"'))
                for value in row
            ).lower()
            for name in tables
        }


def found(world, traces):
    return {
        (name, trace) for name, rows in stored(world).items() for trace in traces if trace in rows
    }


def test_nothing_that_names_the_person_stays(world, erika):
    assert "idempotency_keys" in {name for name, _ in found(world, [str(erika)])}
    assert found(world, TRACES)
    world.erase(erika)
    assert found(world, TRACES) == set()
    assert stored(world)["idempotency_keys"] == ""
    assert "followup.customer_forgotten" in world.told()
    with world.database.reading() as session:
        for table in ("memberships", "attribute_values"):
            assert session.execute(text(f"SELECT * FROM {table}")).all() == []


def test_who_goes_with_an_undone_import_may_come_again(world):
    """Nobody has asked to be forgotten: the same address gets newsletters once it is entered rightly."""
    group = world.group()
    world.sequence(group)
    wrong = world.customer(email=ADDRESS)
    world.join(wrong, group)
    world.hear(
        CustomerErased(
            customer_id=wrong, version=2, occurred_at=world.clock(), reason="import_undone"
        )
    )
    assert world.enrolment(wrong)["state"] == "stopped"

    right = world.customer(email=ADDRESS)
    world.join(right, group)
    world.send()

    assert [mail["customer_id"] for mail in world.mails(state="sent")] == [str(right)]
    assert world.client.get("/api/v1/suppressions").json["items"] == []


def test_what_is_heard_afterwards_brings_nothing_back(world, erika):
    late = [
        world.snapshot(erika, email=ADDRESS, first_name="Erika"),
        world.joined(erika, world.group()),
    ]
    world.erase(erika)
    world.hear(*late)
    world.request(erika, ADDRESS)
    assert found(world, TRACES) == set()
    assert world.client.get(f"/api/v1/followup/data/{erika}").json["memberships"] == []


def test_a_family_is_erased_with_all_that_was_moved(world, erika):
    group = world.group("Zweite")
    world.sequence(group, steps=[{"subject": "Liebe {{ customer.last_name }}", "text": "x"}])
    erna = world.customer(email="erna@example.de", last_name="Gabler")
    world.join(erna, group)
    world.merge(erna, erika)
    world.send()
    world.hear(
        *(
            CustomerErased(customer_id=id_, version=world.version(id_), occurred_at=world.clock())
            for id_ in (erna, erika)
        )
    )
    world.undo(erna, erika)
    assert found(world, (*TRACES, "erna")) == set()
    assert {e["state"] for e in world.enrolments()} <= {"stopped", "completed"}
    assert world.told().count("followup.customer_forgotten") == 2


def test_who_was_separated_before_the_other_was_erased_goes_on(world):
    """The erasure takes the short way and overtakes the undoing."""
    group = world.group()
    world.sequence(group)
    anna, anni = world.customer(), world.customer(email="anni@example.de")
    world.join(anni, group)
    world.merge(anna, anni)
    undone = world.undone(anna, anni)
    world.erase(anna)
    world.hear(undone)
    world.send()
    assert [mail.to for mail in world.inbox] == ["anni@example.de"]


@pytest.fixture
def again(world):
    """The same address once more after its owner was erased, with a confirmation from somewhere."""
    anna = world.customer(email=ADDRESS)
    world.erase(anna)
    again = world.customer(email=ADDRESS, opt_in="none")
    world.group_id = world.group()
    world.sequence(world.group_id)
    return again


@pytest.mark.parametrize("way", ["import", "by_hand", "form", "merge"])
def test_an_erased_address_gets_no_newsletter_by_the_word_of_others(world, again, way):
    world.confirm(again, way=way)
    world.hear(world.snapshot(again, email=ADDRESS, opt_in="confirmed"))
    world.join(again, world.group_id)
    world.send()
    assert world.inbox == []
    assert world.enrolment(again)["reason"] == "erased_before"


def test_an_answer_to_a_request_reaches_them_all_the_same(world, again):
    group = world.group("Termine")
    world.sequence(group, purpose="service")
    world.join(again, group)
    world.send()
    assert [mail.to for mail in world.inbox] == [ADDRESS]


def test_their_own_click_lets_newsletters_come_again(world, public, again):
    world.join(again, world.group_id)
    world.request(again, ADDRESS)
    world.send()
    [invitation] = world.inbox
    body = invitation.data.replace(b"=\r\n", b"").decode()
    path = re.search(r"http://localhost:8080(/api/v1/public/opt-in/[\w.-]+)", body)[1]
    assert public.post(path).status_code == 200
    world.send()
    assert len(world.inbox) == 2


def test_staff_may_let_newsletters_come_again_by_lifting_the_suppression(world, again):
    world.confirm(again, way="by_hand")
    world.join(again, world.group_id)
    [found] = world.client.get("/api/v1/suppressions?reason=erased").json["items"]
    world.client.delete(f"/api/v1/suppressions/{found['id']}")
    world.send()
    assert len(world.inbox) == 1


def test_everything_that_is_known_of_a_person_can_be_asked_for(world, erika, client_for):
    answer = world.client.get(f"/api/v1/followup/data/{erika}")
    assert answer.status_code == 200
    data = answer.json
    assert data["recipient"]["last_name"] == "Gabler"
    assert data["consent"]["state"] == "confirmed"
    assert data["attributes"] == {"hair": "blond"}
    assert [i["email"] for i in data["invitations"]] == [ADDRESS]
    assert len(data["memberships"]) == len(data["enrolments"]) == 1
    assert {s["reason"] for s in data["suppressions"]} == {"manual"}
    assert data["mails"]
    assert (
        client_for("followup", scopes=("followup:read",)).get(answer.request.path).status_code
        == 403
    )


def test_what_came_about_before_a_merge_is_known_under_both_ids(world):
    group = world.group()
    world.sequence(group)
    anna, anni = world.customer(), world.customer()
    world.join(anni, group)
    world.send()
    world.merge(anna, anni)
    for customer in (anna, anni):
        data = world.client.get(f"/api/v1/followup/data/{customer}").json
        assert [m["state"] for m in data["mails"]] == ["sent"]
    unknown = world.client.get(f"/api/v1/followup/data/{new_id()}").json
    assert (unknown["recipient"], unknown["mails"]) == (None, [])


def test_a_link_in_an_old_mail_of_an_erased_person_is_still_answered(world, public):
    anna = world.customer()
    world.erase(anna)
    path = Links(world.settings).unsubscribe(anna, new_id()).partition("8080")[2]
    assert public.post(path).status_code == 200
