"""From a web form to the mails that follow: all services, both databases, also with one of them away."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from importlib import import_module

import pytest

from shared.consumer import Passing, Subscriber
from shared.db import Database
from shared.events import SUBSCRIPTIONS
from shared.relay import Handover

API = "/api/v1"
WORDING = "Ja, ich möchte Angebote per E-Mail bekommen."
ANN = {"first_name": "Ann", "last_name": "Müller", "email": "ann@example.org"}


@pytest.fixture
def agency(app_of, request):
    """A travel agency with a form, and a newsletter sequence for who ticks Kreta."""
    app_of("groups", form_min_seconds=0)  # before the system takes it as it is
    return Agency(request.getfixturevalue("system"))


class Agency:
    def __init__(self, system):
        self.system = system
        self.stranger = system.client(None)
        reisen = self.post("/groups", {"name": "Reisen"})["id"]
        self.kreta = self.post("/groups", {"name": "Kreta", "parent_id": reisen})["id"]
        self.visitors = self.post("/groups", {"name": "Web", "default_for": ["web_form"]})["id"]
        self.post("/attributes", {"label": {"de": "Beruf"}, "type": "text"})
        self.post("/attributes", {"label": {"de": "Zimmer"}, "type": "integer", "scope": "booking"})
        step = {
            "key": "welcome",
            "delay": {"value": 0, "unit": "minutes"},
            "subject": "Kreta für {{ customer.first_name }}",
            "html": "<p>Hallo</p>",
        }
        sequence = self.post(
            "/sequences",
            {
                "name": "Kreta",
                "purpose": "newsletter",
                "start_groups": [self.kreta],
                "steps": [step],
            },
        )
        self.post(f"/sequences/{sequence['id']}/activate", {"existing_members": "ignore"})
        self.form = self.post(
            "/forms",
            {
                "title": "Anfrage",
                "fields": [
                    {"field": "first_name"},
                    {"field": "last_name", "required": True},
                    {"field": "email"},
                    {"attribute": "beruf"},
                    {"attribute": "zimmer", "scope": "booking"},
                ],
                "groups": [{"group_id": self.kreta}],
                "consent_text": WORDING,
            },
        )
        system.settle()

    def post(self, path, body):
        answer = self.system.http.post(API + path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def get(self, path, **params):
        answer = self.system.http.get(API + path, params=params)
        assert answer.is_success, answer.text
        return answer.json()

    def submit(self, fields, **more):
        asked = self.stranger.get(f"{API}/public/forms/{self.form['slug']}").json()
        answer = self.stranger.post(
            f"{API}/public/forms/{self.form['slug']}/submissions",
            json={"token": asked["token"], "fields": fields, **more},
        )
        assert answer.status_code == 202, answer.text

    def submissions(self):
        return self.get(f"/forms/{self.form['id']}/submissions")["items"]

    def subjects(self):
        mails = [message_from_bytes(m.data, policy=policy.default) for m in self.system.smtp.mails]
        return [mail["Subject"] for mail in mails]


def test_who_fills_in_a_form_is_in_the_ticked_groups_and_gets_mail_after_the_click(agency):
    system = agency.system
    agency.submit(
        {**ANN, "attribute:beruf": "Lehrerin", "booking:zimmer": "2"},
        groups=[agency.kreta],
        consent=True,
    )
    system.settle()

    [customer] = agency.get("/customers")["items"]
    assert {name: customer[name] for name in ANN} == ANN
    assert customer["opt_in"]["state"] == "requested"
    paths = {
        one["group_path"] for one in agency.get("/memberships", customer_id=customer["id"])["items"]
    }
    assert paths == {"Reisen/Kreta", "Web"}
    assert agency.get(f"/attribute-values/{customer['id']}") == {"beruf": "Lehrerin"}
    [activity] = agency.get("/activities", customer_id=customer["id"], kind="form")["items"]
    assert activity["attributes"] == {"zimmer": 2}
    [submission] = agency.submissions()
    assert (submission["state"], submission["customer_id"]) == ("accepted", customer["id"])

    [invitation] = [message_from_bytes(m.data, policy=policy.default) for m in system.smtp.mails]
    text = invitation.get_body(("plain",)).get_content()
    assert WORDING in re.sub(r"\s+", " ", text)
    [link] = re.findall(r"\S+/public/opt-in/\S+", text)
    assert system.client(None).post(link[link.index(API) :]).is_success
    system.settle()

    assert agency.get(f"/customers/{customer['id']}")["opt_in"]["state"] == "confirmed"
    assert agency.subjects()[1:] == ["Kreta für Ann"]
    ledger = agency.get(f"/customers/{customer['id']}/opt-in")["ledger"]
    assert [(one["action"], one["way"]) for one in ledger] == [
        ("requested", "web_form"),
        ("confirmed", "click"),
    ]


def test_one_mailbox_gets_one_invitation_a_day_whoever_types_it_in(agency):
    for name in ("Müller", "Meier", "Schmidt"):
        agency.submit({**ANN, "last_name": name}, consent=True)
        agency.system.settle()

    assert len(agency.system.smtp.mails) == 1


def test_a_no_stays_a_no_whatever_is_typed_into_a_form(agency):
    system = agency.system
    agency.submit(ANN, groups=[agency.kreta], consent=True)
    system.settle()
    [customer] = agency.get("/customers")["items"]
    agency.post(f"/customers/{customer['id']}/opt-in", {"action": "revoke"})
    form = agency.get(f"/forms/{agency.form['id']}")
    system.http.patch(
        f"{API}/forms/{form['id']}",
        json={"double_opt_in": False},
        headers={"If-Match": f'"{form["version"]}"'},
    ).raise_for_status()

    agency.submit({**ANN, "first_name": "Anna"}, groups=[agency.kreta], consent=True)
    system.settle()

    assert agency.get(f"/customers/{customer['id']}")["opt_in"]["state"] == "requested"
    assert not [subject for subject in agency.subjects() if subject.startswith("Kreta")]


@pytest.mark.parametrize(("away", "state"), [("customers", "waiting"), ("followup", "accepted")])
def test_nothing_is_lost_while_another_service_is_away(agency, away, state):
    system = agency.system
    agency.submit(ANN, groups=[agency.kreta], consent=True)

    told_in_vain = drain_without(system, away)

    assert told_in_vain
    assert [one["state"] for one in agency.submissions()] == [state]
    system.send_mails()
    assert not system.smtp.mails

    system.settle()

    [submission] = agency.submissions()
    assert submission["state"] == "accepted"
    [member] = agency.get(f"/groups/{agency.kreta}/members")["items"]
    assert member["customer_id"] == submission["customer_id"]
    assert [mail.to for mail in system.smtp.mails] == [ANN["email"]]


def drain_without(system, away):
    """Deliver what can be delivered while nobody answers at the database of one service."""
    unreachable = Database("postgresql://nobody@127.0.0.1:9/nothing")
    waiting = set(SUBSCRIPTIONS) - {away}
    told_in_vain = 0
    moved = True
    while moved:
        moved = False
        for service in sorted(waiting):
            hearers = [
                Subscriber(
                    other,
                    unreachable if other == away else system.database_for(other),
                    import_module(f"services.{other}.handlers").HANDLERS,
                )
                # Who is away is tried last: the others have heard it by then.
                for other in sorted(SUBSCRIPTIONS, key=lambda name: name == away)
            ]
            try:
                moved = (
                    bool(Handover(service, system.database_for(service), hearers).step()) or moved
                )
            except Passing:
                told_in_vain += 1
                waiting.discard(service)
                moved = True
                break
    return told_in_vain
