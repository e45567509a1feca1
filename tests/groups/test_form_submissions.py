"""What strangers send by web forms, as programs do it: taken once, told, counted, and looked at twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from services.groups import actions
from services.groups.models import FormAttempts, Submission
from services.groups.webforms.tokens import Tokens
from shared.db import new_id, utcnow
from shared.events.customers import ActivityRecorded, CustomerErased
from tests.groups.caller import registered
from tests.groups.filling import Stranger
from tests.groups.test_forms import FIELDS, form
from tests.groups.test_merging import merged

ANN = {"last_name": "Müller", "email": "Ann@Example.de"}
YES = "Ja, schreiben Sie mir."


@pytest.fixture
def app(app_of):
    """Nobody has to wait in these tests, unless they say so."""
    return app_of("groups", form_min_seconds=0)


@pytest.fixture
def groups(app, groups):
    return groups


@pytest.fixture
def slow(app):
    """Tokens that were made some time ago."""

    def made(form_id, **ago):
        return Tokens(app.extensions["settings"]).make(form_id, utcnow() - timedelta(**ago), 0)

    return made


def ann(app, made, **more):
    return Stranger(app, made["slug"], **more)


def kept(groups, made, **params):
    return groups.get(f"/forms/{made['id']}/submissions", **params).json["items"]


def recognised(groups, submission, customer_id, **fields):
    """The customers service has taken the submission in."""
    groups.hear(registered(customer_id, source="web_form", **fields))
    groups.hear(
        ActivityRecorded(
            customer_id=customer_id,
            activity_id=new_id(),
            kind="form",
            source="web_form",
            occurred_at=utcnow(),
            external_id=submission["id"],
        )
    )


def test_a_form_tells_what_it_asks_in_the_language_that_is_read(app, groups):
    reisen = groups.group("Reisen")
    kreta = groups.group("Reisen/Kreta")
    groups.attribute("Beruf", "choice", choices=["Maurer", "Lehrer"], required={"form": True})
    made = form(
        groups,
        fields=[*FIELDS, {"attribute": "beruf"}],
        groups=[{"group_id": kreta, "preselected": True}, {"group_id": reisen, "label": "Alle"}],
        consent_text=YES,
    )

    german = ann(app, made).asked(**{"Accept-Language": "de"}).json
    english = ann(app, made).asked(**{"Accept-Language": "en"}).json

    assert [one["label"] for one in german["fields"]] == ["Nachname", "E-Mail", "Beruf"]
    assert [one["label"] for one in english["fields"]][:2] == ["Last name", "E-mail"]
    assert [one["required"] for one in german["fields"]] == [True, True, True]
    assert [one["value"] for one in german["fields"][2]["choices"]] == ["Maurer", "Lehrer"]
    assert [(one["label"], one["depth"], one["parent_id"]) for one in german["groups"]] == [
        ("Alle", 0, None),
        ("Kreta", 1, reisen),
    ]
    assert german["consent"] == {"text": YES, "version": 1}


def test_what_was_sent_is_stored_and_told_in_one_step(app, groups):
    kreta, other = groups.group("Kreta"), groups.group("Andere")
    groups.attribute("Beruf")
    groups.attribute("Zimmer", "integer", scope="booking")
    asked = [*FIELDS, {"attribute": "beruf"}, {"attribute": "zimmer", "scope": "booking"}]
    offered = [{"group_id": group} for group in (kreta, other)]
    made = form(groups, fields=asked, groups=offered, consent_text=YES, success_text="Danke!")

    answer = ann(app, made).sends(
        {**ANN, "attribute:beruf": "Maurer", "booking:zimmer": "2"}, groups=[kreta], consent=True
    )

    assert (answer.status_code, answer.json) == (202, {"message": "Danke!"})
    [stored] = kept(groups, made)
    assert (stored["state"], stored["customer_id"]) == ("waiting", None)
    assert stored["fields"] == {"last_name": "Müller", "email": "Ann@example.de"}
    assert (stored["customer_values"], stored["booking_values"]) == (
        {"beruf": "Maurer"},
        {"zimmer": 2},
    )
    assert (stored["consent_version"], stored["remote_address"]) == (1, "192.0.2.7")
    [told] = groups.told("form_submitted")
    assert told["submission_id"] == stored["id"]
    assert told["fields"] == stored["fields"]
    assert told["attributes"] == {"zimmer": 2}
    assert told["group_ids"] == [kreta]
    assert told["consent"]["wording"] == YES
    assert told["remote_address"] == "192.0.2.7"
    statistics = groups.get(f"/forms/{made['id']}").json["submissions"]
    assert (statistics["count"], statistics["waiting"]) == (1, 1)
    assert statistics["last_at"] == stored["received_at"]


def test_without_consent_nobody_keeps_where_it_came_from(app, groups):
    made = form(groups, consent_text=YES)

    ann(app, made).sends(ANN)

    [stored] = kept(groups, made)
    [told] = groups.told("form_submitted")
    assert (stored["remote_address"], stored["consent_version"]) == (None, None)
    assert (told["remote_address"], told["consent"]) == (None, None)


@pytest.mark.parametrize(
    ("fields", "more", "place"),
    [
        ({"last_name": "Müller", "email": "kein"}, {}, "email"),
        ({"email": "ann@example.de"}, {}, "last_name"),
        ({**ANN, "phone": "030 1"}, {}, "phone"),
        ({**ANN, "attribute:beruf": "MAURER!"}, {}, "attribute:beruf"),
        ({**ANN, "last_name": ["x"]}, {}, "last_name"),
        ({**ANN, "last_name": "x" * 300}, {}, "last_name"),
        ({**ANN, "last_name": "a\r\nBcc: b@example.de"}, {}, "last_name"),
        (ANN, {"groups": [str(new_id())]}, "groups"),
        (ANN, {"consent": True}, "consent"),
        (ANN, {"customer_id": "x"}, "customer_id"),
        (ANN, {"token": "gefälscht"}, "token"),
    ],
)
def test_what_cannot_be_taken_is_named_at_its_place(app, groups, fields, more, place):
    groups.attribute("Beruf", pattern="[a-zA-Z]+")
    made = form(groups, fields=[*FIELDS, {"attribute": "beruf"}])

    refused = ann(app, made).sends(fields, **more)

    assert refused.status_code == 422, refused.json
    assert place in refused.json["errors"]
    assert kept(groups, made) == []
    assert groups.told("form_submitted") == []


def test_somebody_nameless_is_asked_who_they_are(app, groups):
    made = form(groups, fields=[{"field": "email"}, {"field": "first_name"}])

    refused = ann(app, made).sends({"first_name": "Ann"})

    assert refused.status_code == 422
    assert "_schema" in refused.json["errors"]


def test_a_double_click_is_one_submission_and_a_correction_is_another(app, groups):
    made = form(groups)
    stranger = ann(app, made)
    token = stranger.token()

    answers = [stranger.sends(ANN, token=token) for _ in range(2)]
    corrected = stranger.sends({**ANN, "last_name": "Meier"}, token=token)

    assert [answer.status_code for answer in (*answers, corrected)] == [202, 202, 202]
    assert answers[0].json == answers[1].json
    assert [one["fields"]["last_name"] for one in kept(groups, made)] == ["Meier", "Müller"]
    assert len(groups.told("form_submitted")) == 2


def test_a_program_gets_the_same_answer_and_nothing_is_done(app, groups, slow):
    made = form(groups, consent_text=YES)
    stranger = ann(app, made)
    human = stranger.sends(ANN)

    trapped = stranger.sends({**ANN, "last_name": "Spam"}, homepage="https://spam.example")
    early = stranger.sends(
        {**ANN, "last_name": "Schnell"}, token=slow(_id(made), seconds=-2), consent=True
    )

    assert (trapped.status_code, trapped.json) == (human.status_code, human.json)
    assert (early.status_code, early.json) == (human.status_code, human.json)
    rejected = kept(groups, made, state="rejected")
    assert [one["reason"] for one in rejected] == ["too_fast", "honeypot"]
    assert {one["remote_address"] for one in rejected} == {None}
    assert len(groups.told("form_submitted")) == 1
    statistics = groups.get(f"/forms/{made['id']}").json["submissions"]
    assert (statistics["count"], statistics["rejected"]) == (1, 2)


def test_staff_take_a_rejected_submission_for_a_persons_after_all(app, groups):
    made = form(groups, consent_text=YES, double_opt_in=False)
    ann(app, made).sends(ANN, consent=True, homepage="https://autofill.example")
    [rejected] = kept(groups, made, state="rejected")
    path = f"/forms/{made['id']}/submissions/{rejected['id']}/accept"

    accepted = groups.post(path, None)
    again = groups.post(path, None)

    assert (accepted.status_code, again.status_code) == (200, 409)
    assert accepted.json["state"] == "waiting"
    [told] = groups.told("form_submitted")
    assert told["submission_id"] == rejected["id"]
    assert told["consent"]["wording"] == YES
    assert told["double_opt_in"] is True
    other = form(groups, title="Anderes")
    elsewhere = f"/forms/{other['id']}/submissions/{rejected['id']}/accept"
    assert groups.post(elsewhere, None).status_code == 404


def test_who_fills_in_faster_than_people_do_is_rejected(app_of, groups, client_for):
    app = app_of("groups")
    app.extensions["settings"] = app.extensions["settings"].model_copy(
        update={"form_min_seconds": 30}
    )
    made = form(groups)

    assert ann(app, made).sends(ANN).status_code == 202

    assert [one["reason"] for one in kept(groups, made)] == ["too_fast"]


def test_a_token_is_good_for_a_day_and_for_its_form(app, groups, slow):
    made, other = form(groups), form(groups)
    stranger = ann(app, made)

    assert stranger.sends(ANN, token=slow(_id(made), hours=23)).status_code == 202
    assert stranger.sends(ANN, token=slow(_id(made), hours=25)).status_code == 422
    assert stranger.sends(ANN, token=ann(app, other).token()).status_code == 422


def test_a_closed_form_and_one_that_is_not_there_take_nothing(app, groups):
    made = form(groups)
    stranger = ann(app, made)
    token = stranger.token()
    groups.patch(f"/forms/{made['id']}", {"active": False}, 1)

    assert (stranger.asked().status_code, stranger.page().status_code) == (404, 404)
    assert stranger.sends(ANN, token=token).status_code == 404
    assert Stranger(app, "nirgends").asked().status_code == 404
    assert kept(groups, made) == []


def test_one_address_may_send_so_often_and_no_more(app, groups):
    made = form(groups)
    stranger = ann(app, made)
    token = stranger.token()

    answers = [stranger.sends({"last_name": str(i)}, token=token) for i in range(31)]

    assert [answer.status_code for answer in answers] == [*[202] * 30, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3601
    assert ann(app, made, address="192.0.2.8").sends(ANN).status_code == 202
    assert len(kept(groups, made)) == 31
    with groups.database.reading() as session:
        assert not any("192" in key for key in session.scalars(select(FormAttempts.key)))


def test_the_limits_hold_for_many_at_once(app, groups):
    made = form(groups)
    token = ann(app, made).token()

    def send(i):
        return ann(app, made).sends({"last_name": str(i)}, token=token).status_code

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(send, range(40)))

    assert (answers.count(202), answers.count(429)) == (30, 10)


def test_the_answer_is_the_same_for_people_who_are_known(app, groups, customer_id):
    made = form(groups)
    groups.hear(registered(customer_id, email="ann@example.de"))

    known = ann(app, made).sends(ANN)
    unknown = ann(app, made).sends({**ANN, "email": "neu@example.de"})

    assert (known.status_code, known.json) == (unknown.status_code, unknown.json)
    assert set(known.headers.keys()) == set(unknown.headers.keys())


@pytest.mark.parametrize("origin", ["", "unknown", "192.0.2.7:1234", "::ffff:192.0.2.7"])
def test_a_strange_origin_is_an_origin_as_well(app, groups, origin):
    made = form(groups, consent_text=YES)

    assert ann(app, made, address=origin).sends(ANN, consent=True).status_code == 202

    [stored] = kept(groups, made)
    assert stored["remote_address"] == ("192.0.2.7" if "ffff" in origin else None)


def test_a_network_and_a_mailbox_may_not_send_for_ever_either(app, groups):
    made = form(groups)
    token = ann(app, made).token()

    mailbox = [
        ann(app, made, address=f"198.51.{i}.1").sends({**ANN, "last_name": str(i)}, token=token)
        for i in range(6)
    ]
    network = [
        ann(app, made, address=f"2001:db8::{i:x}").sends({"last_name": str(i)}, token=token)
        for i in range(151)
    ]

    assert [answer.status_code for answer in mailbox] == [*[202] * 5, 429]
    assert {answer.status_code for answer in network[:150]} == {202}
    assert network[150].status_code == 429


def test_all_together_may_send_so_much_an_hour(app_of, groups):
    app = app_of("groups")
    app.extensions["settings"] = app.extensions["settings"].model_copy(
        update={"form_max_per_hour": 2}
    )
    made = form(groups)

    sent = [
        ann(app, made, address=f"198.51.{i}.1").sends({"last_name": str(i)}).status_code
        for i in range(3)
    ]

    assert sent == [202, 202, 429]


def test_another_page_cannot_send_it_for_its_visitors(app, groups):
    made = form(groups, allowed_origins=["https://www.example.de"])
    stranger = ann(app, made)

    def send(origin, **more):
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": origin}
        return stranger.sends({"last_name": origin}, headers=headers, **more)

    allowed, refused = send("https://www.example.de"), send("https://evil.example")

    assert (allowed.status_code, refused.status_code) == (202, 403)
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://www.example.de"
    assert "Access-Control-Allow-Origin" not in refused.headers
    asked = stranger.client.options(
        f"/api/v1/public/forms/{made['slug']}/submissions",
        headers={"Origin": "https://www.example.de"},
    )
    assert asked.headers["Access-Control-Allow-Headers"].startswith("Content-Type")


def test_who_it_turned_out_to_be_gets_groups_and_values(app, groups, customer_id):
    kreta, gone = groups.group("Kreta"), groups.group("Verschwunden")
    groups.attribute("Beruf")
    groups.attribute("Hobby")
    made = form(
        groups,
        fields=[*FIELDS, {"attribute": "beruf"}, {"attribute": "hobby"}],
        groups=[{"group_id": kreta}, {"group_id": gone}],
    )
    ann(app, made).sends(
        {**ANN, "attribute:beruf": "Maurer", "attribute:hobby": "Schach"}, groups=[kreta, gone]
    )
    groups.patch(f"/forms/{made['id']}", {"groups": []}, 1)
    assert groups.delete(f"/groups/{gone}", 1).status_code == 204
    groups.patch(f"/attribute-values/{customer_id}", {"beruf": "Lehrer"})
    [waiting] = kept(groups, made)

    recognised(groups, waiting, customer_id)
    recognised(groups, waiting, customer_id)

    assert groups.get(f"/attribute-values/{customer_id}").json == {
        "beruf": "Lehrer",
        "hobby": "Schach",
    }
    [member] = groups.get("/memberships", customer_id=customer_id).json["items"]
    assert (member["group_path"], member["source"]) == ("Kreta", "web_form")
    assert (member["by"], member["reference"]) == (made["title"], made["id"])
    [added] = groups.told("customer_added_to_group")
    assert added["start_sequences"] == "yes"
    [accepted] = kept(groups, made)
    assert (accepted["state"], accepted["customer_id"]) == ("accepted", str(customer_id))
    assert accepted["customer_values"] == {"beruf": "Maurer", "hobby": "Schach"}


def test_what_is_meant_for_one_who_was_merged_goes_to_the_survivor(app, groups, customer_id):
    kreta, survivor = groups.group("Kreta"), new_id()
    made = form(groups, groups=[{"group_id": kreta}])
    ann(app, made).sends(ANN, groups=[kreta])
    [waiting] = kept(groups, made)
    groups.hear(registered(survivor), registered(customer_id))
    groups.hear(merged(survivor, customer_id))

    recognised(groups, waiting, customer_id)

    [member] = groups.get("/memberships", group_id=kreta).json["items"]
    assert member["customer_id"] == str(survivor)


def test_erasing_somebody_deletes_what_they_sent(app, groups, customer_id):
    made = form(groups)
    stranger = ann(app, made)
    for name in ("Müller", "Meier"):
        stranger.sends({**ANN, "last_name": name})
    stranger.sends({"last_name": "Andere", "email": "andere@example.de"})
    recognised(groups, kept(groups, made)[-1], customer_id, email="ann@example.de")
    known = groups.get(f"/groups/data/{customer_id}").json["submissions"]
    assert [one["fields"]["last_name"] for one in known] == ["Müller", "Meier"]

    groups.hear(CustomerErased(customer_id=customer_id, version=9, occurred_at=utcnow()))

    assert [one["fields"]["last_name"] for one in kept(groups, made)] == ["Andere"]
    # The second one is not on its way any more; the first had arrived.
    told = [one["fields"]["last_name"] for one in groups.told("form_submitted")]
    assert told == ["Müller", "Andere"]
    assert groups.get(f"/groups/data/{customer_id}").json["submissions"] == []


def test_what_comes_for_somebody_erased_meanwhile_is_deleted(app, groups, customer_id):
    made = form(groups, groups=[{"group_id": groups.group("A")}])
    ann(app, made).sends({"last_name": "Müller"}, groups=[groups.named("A")["id"]])
    groups.hear(CustomerErased(customer_id=customer_id, version=9, occurred_at=utcnow()))
    [waiting] = kept(groups, made)

    recognised(groups, waiting, customer_id)

    assert kept(groups, made) == []
    assert groups.counts("A") == (0, 0)


def test_old_submissions_and_counts_go_and_rejected_ones_go_sooner(app, groups):
    made = form(groups)
    ann(app, made).sends(ANN)
    ann(app, made).sends({"last_name": "Spam"}, homepage="x")

    def expire(**later):
        with groups.database.transaction() as session:
            actions.expire_submissions(session, utcnow() + timedelta(**later), timedelta(days=30))
        with groups.database.reading() as session:
            attempts = session.scalar(select(func.count()).select_from(FormAttempts))
            return len(list(session.scalars(select(Submission.id)))), attempts

    assert expire(minutes=0)[0] == 2
    assert expire(days=8) == (1, 0)
    assert expire(days=31) == (0, 0)


def _id(made):
    return UUID(made["id"])
