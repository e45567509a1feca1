"""Web forms as staff make them."""

from __future__ import annotations

import pytest

from shared.db import new_id

FIELDS = [{"field": "last_name", "required": True}, {"field": "email"}]


def form(groups, /, **fields):
    made = groups.post("/forms", {"title": "Anfrage für Griechenland", "fields": FIELDS, **fields})
    assert made.status_code == 201, made.json
    return made.json


def test_a_form_is_made_read_and_listed(groups):
    kreta = groups.group("Kreta")
    groups.attribute("Beruf")

    made = form(
        groups,
        fields=[*FIELDS, {"attribute": "beruf", "label": {"de": "Was machen Sie?"}}],
        groups=[{"group_id": kreta, "label": "Reisen nach Kreta", "preselected": True}],
        consent_text="Ja, schreiben Sie mir.",
        allowed_origins=["https://www.Example.de:443/"],
    )

    assert made["slug"] == "anfrage-fuer-griechenland"
    assert made["consent_version"] == 1
    assert made["fields"][2] == {
        "attribute": "beruf",
        "scope": "customer",
        "label": {"de": "Was machen Sie?"},
        "required": False,
        "help": "",
    }
    assert made["allowed_origins"] == ["https://www.example.de"]
    assert made["submissions"] == {"count": 0, "waiting": 0, "rejected": 0, "last_at": None}
    shown = groups.get(f"/forms/{made['id']}")
    assert (shown.json, shown.headers["ETag"]) == (made, '"1"')
    assert groups.get("/forms").json["items"] == [made]


def test_the_same_title_twice_makes_two_addresses(groups):
    assert form(groups)["slug"] == "anfrage-fuer-griechenland"
    assert form(groups)["slug"] == "anfrage-fuer-griechenland-2"
    taken = groups.post("/forms", {"title": "X", "fields": FIELDS, "slug": form(groups)["slug"]})

    assert taken.status_code == 409


def test_a_title_without_letters_has_an_address_as_well(groups):
    assert form(groups, title="???")["slug"] == "form"


def test_the_same_request_twice_makes_one_form(groups):
    body = {"title": "Anfrage", "fields": FIELDS}
    first, second = (groups.post("/forms", body, **{"Idempotency-Key": "k"}) for _ in range(2))

    assert first.json == second.json
    assert groups.get("/forms").json["total"] == 1


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"fields": []}, "fields"),
        ({"fields": [{"field": "first_name"}]}, "fields"),
        ({"fields": [{"field": "number"}]}, "fields.0.field"),
        ({"fields": [{"field": "email", "attribute": "x"}]}, "fields.0._schema"),
        ({"fields": [*FIELDS, {"attribute": "nirgends"}]}, "fields.2.attribute"),
        ({"fields": [*FIELDS, {"field": "email"}]}, "fields.2"),
        ({"fields": [{"field": "phone"}], "consent_text": "Ja."}, "fields"),
        ({"groups": [{"group_id": str(new_id())}]}, "groups.0.group_id"),
        ({"slug": "Groß/klein"}, "slug"),
        ({"allowed_origins": ["https://x.de/pfad"]}, "allowed_origins.0"),
        ({"allowed_origins": ["https://x.de; script-src *"]}, "allowed_origins.0"),
        ({"allowed_origins": ["*"]}, "allowed_origins.0"),
        ({"version": 7}, "version"),
    ],
)
def test_what_makes_no_form_is_refused_with_its_place(groups, wrong, place):
    refused = groups.post("/forms", {"title": "Anfrage", "fields": FIELDS, **wrong})

    assert refused.status_code == 422, refused.json
    assert place in refused.json["errors"]
    assert groups.get("/forms").json["total"] == 0


def test_a_booking_attribute_can_be_asked_for_and_one_of_history_cannot(groups):
    groups.attribute("Zimmer", scope="booking")
    asked = form(groups, fields=[*FIELDS, {"attribute": "zimmer", "scope": "booking"}])

    assert asked["fields"][2]["scope"] == "booking"
    history = [*FIELDS, {"attribute": "feld_1", "scope": "history"}]
    assert groups.post("/forms", {"title": "X", "fields": history}).status_code == 422


def test_a_form_is_changed_by_who_has_seen_it(groups):
    made = form(groups, groups=[{"group_id": groups.group("A")}])
    path = f"/forms/{made['id']}"

    assert groups.patch(path, {"title": "Neu"}).status_code == 428
    changed = groups.patch(path, {"title": "Neu", "groups": []}, made["version"])
    assert (changed.json["title"], changed.json["groups"]) == ("Neu", [])
    assert (changed.json["slug"], changed.json["version"]) == (made["slug"], 2)
    assert groups.patch(path, {"title": "Alt"}, made["version"]).status_code == 412
    same = groups.patch(path, {"title": "Neu", "groups": []}, 2)
    assert same.json["version"] == 2
    assert groups.delete(path, 1).status_code == 412
    assert groups.delete(path, 2).status_code == 204
    assert groups.get(path).status_code == 404


def test_every_wording_of_the_consent_is_kept(groups):
    made = form(groups, consent_text="Ja.")
    path = f"/forms/{made['id']}"

    groups.patch(path, {"consent_text": "Ja, gern."}, 1)
    again = groups.patch(path, {"intro": "Hallo"}, 2).json
    groups.delete(path, 3)

    assert again["consent_version"] == 2
    kept = groups.get(f"{path}/wordings").json["items"]
    assert [(one["version"], one["wording"]) for one in kept] == [(1, "Ja."), (2, "Ja, gern.")]


def test_a_group_that_a_form_offers_is_not_deleted(groups):
    groups.group("Reisen")
    kreta = groups.group("Reisen/Kreta")
    made = form(groups, groups=[{"group_id": kreta}])
    reisen = groups.named("Reisen")

    for group_id in (kreta, reisen["id"]):
        refused = groups.delete(f"/groups/{group_id}", 1, cascade="true")
        assert refused.status_code == 409
        assert "Anfrage für Griechenland" in refused.json["detail"]

    groups.patch(f"/forms/{made['id']}", {"groups": []}, 1)
    assert groups.delete(f"/groups/{reisen['id']}", 1, cascade="true").status_code == 204


def test_who_only_reads_changes_no_form(groups, client_for):
    made = form(groups)
    reader = client_for("groups", ("groups:read",))

    assert reader.get(f"/api/v1/forms/{made['id']}").status_code == 200
    assert reader.post("/api/v1/forms", json={}).status_code == 403
