"""A no holds at once and for good; a yes is asked for by a mail and given by a click."""

from __future__ import annotations

import re
import threading
import time
from datetime import timedelta

import pytest

from shared.db import new_id, utcnow


def link(mail, kind: str) -> str:
    body = mail.data.replace(b"=\r\n", b"").decode()
    found = re.search(rf"http://localhost:8080(/api/v1/public/{kind}/[\w.-]+)", body)
    assert found, body
    return found[1]


@pytest.fixture
def public(client_for):
    return client_for("followup", scopes=None)


@pytest.fixture
def mailed(world):
    """A customer who got the first of two mails; the second is due in a day."""
    group = world.group()
    world.sequence(
        group,
        steps=[
            {"subject": "Eins", "html": "<p>1</p>"},
            {"subject": "Zwei", "html": "<p>2</p>", "delay": {"value": 1, "unit": "days"}},
        ],
    )
    anna = world.customer(email="anna@example.de")
    world.join(anna, group)
    world.send()
    return anna


def test_one_click_unsubscribes_without_login_and_no_mail_follows(world, public, mailed):
    answer = public.post(
        link(world.inbox[0], "unsubscribe"),
        data="List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers

    world.now = utcnow() + timedelta(days=1, minutes=1)
    world.send()
    assert len(world.inbox) == 1
    assert [m["state"] for m in world.mails(customer_id=mailed)] == ["sent", "skipped"]
    assert world.enrolment(mailed)["reason"] == "unsubscribed"
    assert "followup.unsubscribed" in world.told()


def test_looking_at_the_links_changes_nothing(world, public, mailed):
    path = link(world.inbox[0], "unsubscribe")
    for _ in range(5):
        for accept in ("text/html", "application/json", "*/*"):
            assert public.get(path, headers={"Accept": accept}).status_code == 200
            assert public.head(path, headers={"Accept": accept}).status_code == 200
    world.now = utcnow() + timedelta(days=1, minutes=1)
    world.send()
    assert len(world.inbox) == 2


@pytest.mark.parametrize(
    ("language", "words"),
    [("de", "Newsletter abbestellen"), ("en", "Unsubscribe"), ("", "Newsletter")],
)
def test_the_page_speaks_the_readers_language(world, public, mailed, language, words):
    headers = {"Accept": "text/html"} | ({"Accept-Language": language} if language else {})
    answer = public.get(link(world.inbox[0], "unsubscribe"), headers=headers)
    assert answer.mimetype == "text/html"
    assert words in answer.text
    assert '<form method="post">' in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "anna" not in answer.text.lower()


@pytest.mark.parametrize("kind", ["unsubscribe", "opt-in"])
@pytest.mark.parametrize("token", ["x", "a.b", "a" * 130, "ä"])
def test_unknown_tokens_get_the_same_kind_of_answer(public, kind, token):
    for accept in ("text/html", "application/json"):
        for call in (public.get, public.post):
            answer = call(f"/api/v1/public/{kind}/{token}", headers={"Accept": accept})
            assert answer.status_code == 200
            assert answer.mimetype == accept


def test_a_token_of_one_purpose_or_with_one_letter_changed_is_none(world, public, mailed):
    path = link(world.inbox[0], "unsubscribe")
    token = path.rpartition("/")[2]
    public.post(f"/api/v1/public/opt-in/{token}")
    for position in range(0, len(token), 7):
        changed = (
            token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        )
        public.post(f"/api/v1/public/unsubscribe/{changed}")
    assert world.enrolment(mailed)["state"] == "active"


def test_who_shares_the_address_gets_no_mail_either(world, public, mailed):
    group = world.group("Familie")
    world.sequence(group)
    max_ = world.customer(first_name="Max", email="ANNA@Example.de ")
    public.post(link(world.inbox[0], "unsubscribe"))
    world.join(max_, group)
    world.send()
    assert len(world.inbox) == 1
    assert world.enrolment(max_)["reason"] == "unsubscribed"


@pytest.mark.parametrize("way", ["import", "web_form"])
def test_neither_imports_forms_nor_snapshots_lift_an_opt_out(world, public, mailed, way):
    public.post(link(world.inbox[0], "unsubscribe"))
    world.hear(world.snapshot(mailed, email="anna@example.de", opt_in="confirmed"))
    world.confirm(mailed, way=way)
    group = world.group("Neu")
    world.sequence(group)
    world.join(mailed, group)
    world.send()
    assert len(world.inbox) == 1


def test_an_erased_person_who_is_entered_again_stays_unsubscribed(world, public, mailed):
    public.post(link(world.inbox[0], "unsubscribe"))
    world.erase(mailed)
    again = world.customer(email="anna@example.de")
    group = world.group("Neu")
    world.sequence(group)
    world.join(again, group)
    world.send()
    assert len(world.inbox) == 1


def test_the_invitation_asks_and_only_its_button_says_yes(world, public):
    group = world.group()
    world.sequence(group)
    anna = world.customer(email="anna@example.de", opt_in="none")
    world.join(anna, group)
    world.request(anna, "anna@example.de", "Ja, ich möchte Neues vom Salon.")
    world.send()
    [invitation] = world.inbox
    assert b"Auto-Submitted: auto-generated" in invitation.data
    assert b"List-Unsubscribe" not in invitation.data

    path = link(invitation, "opt-in")
    page = public.get(path, headers={"Accept": "text/html"}).text
    assert "Ja, ich möchte Neues vom Salon." in page
    world.send()
    assert len(world.inbox) == 1

    for _ in range(2):
        assert public.post(path, headers={"Accept": "text/html"}).status_code == 200
    world.send()
    assert [mail.to for mail in world.inbox] == ["anna@example.de"] * 2
    assert world.told().count("followup.opt_in_accepted") == 1


def test_an_own_click_lifts_an_own_opt_out(world, public, mailed):
    public.post(link(world.inbox[0], "unsubscribe"))
    world.request(mailed, "anna@example.de")
    world.send()
    public.post(link(world.inbox[1], "opt-in"))
    group = world.group("Neu")
    world.sequence(group)
    world.join(mailed, group)
    world.send()
    assert len(world.inbox) == 3


def test_one_address_is_invited_once_a_day(world):
    for _ in range(3):
        world.request(new_id(), "anna@example.de")
    anna = world.customer(email="anna@example.de", opt_in="none")
    world.request(anna, "anna@example.de")
    assert len(world.mails()) == 1


def test_an_invitation_is_valid_for_seven_days(world, public):
    anna = world.customer(email="anna@example.de", opt_in="none")
    world.request(anna, "anna@example.de")
    world.send()
    with world.database.transaction() as session:
        session.connection().exec_driver_sql(
            "UPDATE invitations SET requested_at = '2026-01-01 00:00:00'"
        )
    public.post(link(world.inbox[0], "opt-in"))
    assert "followup.opt_in_accepted" not in world.told()


def test_staff_block_an_address_and_allow_it_again(world):
    group = world.group()
    world.sequence(group)
    anna = world.customer(email="anna@example.de")
    made = world.client.post("/api/v1/suppressions", json={"email": "Anna@Example.DE"})
    assert made.status_code == 201
    assert "anna" not in made.text.lower()
    found = world.client.get("/api/v1/suppressions?email=anna@example.de").json
    assert found["total"] == 1

    world.join(anna, group)
    assert world.enrolment(anna)["reason"] == "manual"
    assert world.client.delete(f"/api/v1/suppressions/{made.json['id']}").status_code == 204
    world.send()
    assert len(world.inbox) == 1


def test_an_opt_out_waits_for_the_mail_that_is_being_handed_over(world, public, mailed):
    """The answer comes after the mail that was on its way, never before."""
    path = link(world.inbox[0], "unsubscribe")
    world.now = utcnow() + timedelta(days=1, minutes=1)
    world.sink.state.mode, world.sink.state.delay_s = "slow", 0.6
    sending = threading.Thread(target=world.send)
    sending.start()
    while world.sink.state.taken < 2:
        time.sleep(0.01)
    world_now, world.now = world.now, None
    public.post(path)
    states = [m["state"] for m in world.mails(customer_id=mailed)]
    assert states == ["sent", "sent"]
    world.now = world_now
    sending.join()
