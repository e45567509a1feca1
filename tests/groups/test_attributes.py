"""Attributes and values: typed, merged, and never lost by accident."""

import pytest

from shared.db import new_id
from shared.outbox import waiting


def test_an_attribute_gets_its_key_from_its_label(groups):
    made = groups.attribute(
        "Nächster Besuch", "date", help="am Telefon fragen", required={"form": True}
    )

    assert made["key"] == "naechster_besuch"
    assert made["label"] == {"de": "Nächster Besuch", "en": "Nächster Besuch"}
    assert made["scope"] == "customer"
    assert made["required"] == {"staff": False, "form": True}
    assert groups.attribute("Zweites")["position"] == made["position"] + 1
    assert groups.get(f"/attributes/{made['id']}").headers["ETag"] == '"1"'
    assert [e["key"] for e in groups.told("attribute_defined")] == ["naechster_besuch", "zweites"]


def test_key_and_label_are_taken_once_in_each_scope(groups):
    groups.attribute("Größe", key="groesse")

    for body in (
        {"label": {"de": "Anders"}, "key": "groesse", "type": "text"},
        {"label": {"en": "GROESSE"}, "key": "size", "type": "text"},
    ):
        assert groups.post("/attributes", body).status_code == 409
    assert groups.attribute("Größe", key="groesse", scope="history")["scope"] == "history"
    listed = groups.get("/attributes", scope="history").json
    assert {a["scope"] for a in listed["items"]} == {"history"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "choice"}, "choices"),
        ({"type": "choice", "choices": ["rot", "ROT"]}, "choices"),
        ({"type": "text", "choices": ["rot"]}, "choices"),
        ({"type": "date", "pattern": "x"}, "pattern"),
        ({"type": "text", "pattern": "(?=x)"}, "pattern"),
        ({"type": "text", "pattern": "x" * 201}, "pattern"),
        ({"type": "money"}, "type"),
        ({"type": "text", "key": "Ä-Schlüssel"}, "key"),
        ({"type": "text", "label": {}}, "label"),
        ({"type": "text", "position": -1}, "position"),
    ],
)
def test_a_definition_that_does_not_fit_is_refused_at_its_field(groups, body, field):
    refused = groups.post("/attributes", {"label": {"de": "X"}, **body})

    assert refused.status_code == 422
    assert any(place.startswith(field) for place in refused.json["errors"])


@pytest.mark.parametrize(
    ("kind", "raw", "stored"),
    [
        ("text", "  Maurer ", "Maurer"),
        ("multiline", "a\r\nb", "a\nb"),
        ("yes_no", "ja", True),
        ("yes_no", "0", False),
        ("integer", "1.234", 1234),
        ("decimal", "1.234,50", "1234.50"),
        ("decimal", 12.5, "12.50"),
        ("choice", "GRUEN", "grün"),
        ("date", "24.12.2026", "2026-12-24"),
    ],
)
def test_german_input_is_understood(groups, customer_id, kind, raw, stored):
    groups.attribute("Wert", kind, choices=["rot", "grün"] if kind == "choice" else [])

    saved = groups.patch(f"/attribute-values/{customer_id}", {"wert": raw})

    assert saved.json == {"wert": stored}
    assert groups.get(f"/attribute-values/{customer_id}").json == {"wert": stored}
    assert groups.told("attributes_changed")[-1]["values"] == {"wert": stored}


def test_values_are_merged_and_all_of_them_told(groups, customer_id):
    groups.attribute("Beruf")
    groups.attribute("Kinder", "integer")
    url = f"/attribute-values/{customer_id}"
    groups.patch(url, {"beruf": "Maurer"})
    groups.patch(url, {"kinder": "2"})
    last = groups.patch(url, {"beruf": None})
    groups.patch(url, {"kinder": 2})

    assert last.json == {"kinder": 2}
    assert last.headers["ETag"] == '"3"'
    told = [(e["version"], e["values"]) for e in groups.told("attributes_changed")]
    assert told == [
        (1, {"beruf": "Maurer"}),
        (2, {"beruf": "Maurer", "kinder": 2}),
        (3, {"kinder": 2}),
    ]
    assert groups.patch(url, {"kinder": 3}, 2).status_code == 412
    assert groups.patch(url, {"kinder": 3}, 3).json == {"kinder": 3}


def test_taking_away_what_was_never_there_stores_nothing(groups, customer_id):
    groups.attribute("Beruf")

    assert groups.patch(f"/attribute-values/{customer_id}", {"beruf": ""}).json == {}
    assert groups.told("attributes_changed") == []


def test_a_wrong_value_is_named_and_nothing_is_saved(groups, customer_id):
    groups.attribute("Beruf", pattern="[A-Z].*", pattern_hint="Bitte groß beginnen.")
    groups.attribute("Seit", "date", required={"staff": True})
    url = f"/attribute-values/{customer_id}"

    refused = groups.patch(url, {"beruf": "maurer", "seit": None, "fremd": 1})

    assert refused.status_code == 422
    assert set(refused.json["errors"]) == {"beruf", "seit", "fremd"}
    assert "Bitte groß beginnen." in refused.json["errors"]["beruf"][0]
    assert groups.patch(url, {"beruf": "Maurer", "seit": "x"}).status_code == 422
    assert groups.get(url).json == {}


@pytest.mark.parametrize("count", [3, 60])
def test_a_batch_leaves_out_what_is_wrong_and_stores_the_rest(groups, count):
    groups.attribute("Beruf")
    groups.attribute("Seit", "date")
    people = [str(new_id()) for _ in range(count)]
    groups.patch(f"/attribute-values/{people[0]}", {"beruf": "alt", "seit": "01.01.2020"})
    rows = [{"customer_id": c, "values": {"beruf": "Maurer", "seit": "1.2.2026"}} for c in people]
    rows[0]["values"]["beruf"] = None
    rows[1]["values"] = {"seit": "gestern", "beruf": "Koch", "fremd": 1}

    first = groups.post("/attribute-values/batch", {"rows": rows}).json["results"]
    told = len(groups.told("attributes_changed"))
    again = groups.post("/attribute-values/batch", {"rows": rows}).json["results"]

    assert [r["customer_id"] for r in first] == people
    assert {r["status"] for r in first} == {"updated"}
    assert {r["status"] for r in again} == {"unchanged"}
    assert set(first[1]["errors"]) == {"seit", "fremd"}
    assert groups.get(f"/attribute-values/{people[0]}").json == {"seit": "2026-02-01"}
    assert groups.get(f"/attribute-values/{people[1]}").json == {"beruf": "Koch"}
    assert told == count + 1 == len(groups.told("attributes_changed"))


def test_a_new_label_keeps_the_values(groups, customer_id):
    made = groups.attribute("Beruf")
    groups.patch(f"/attribute-values/{customer_id}", {"beruf": "Maurer"})

    renamed = groups.patch(f"/attributes/{made['id']}", {"label": {"de": "Tätigkeit"}}, 1).json

    assert (renamed["key"], renamed["label"]["de"]) == ("beruf", "Tätigkeit")
    assert groups.get(f"/attribute-values/{customer_id}").json == {"beruf": "Maurer"}


def test_an_attribute_in_use_is_deleted_only_on_purpose(groups, customer_id):
    made = groups.attribute("Beruf")
    groups.attribute("Ort")
    url = f"/attribute-values/{customer_id}"
    groups.patch(url, {"beruf": "Maurer", "ort": "Ulm"})

    refused = groups.delete(f"/attributes/{made['id']}", 1)
    assert (refused.status_code, refused.json["count"]) == (409, 1)
    assert groups.delete(f"/attributes/{made['id']}", 1, confirm="true").status_code == 204

    assert groups.get(url).json == {"ort": "Ulm"}
    assert groups.told("attributes_changed")[-1]["values"] == {"ort": "Ulm"}
    assert groups.told("attribute_removed")[0]["key"] == "beruf"


def test_a_change_of_type_that_breaks_values_is_refused_with_their_count(groups):
    made = groups.attribute("Zahl")
    people = [new_id() for _ in range(3)]
    for person, value in zip(people, ("1.234", "zwei", "drei"), strict=True):
        groups.patch(f"/attribute-values/{person}", {"zahl": value})
    url = f"/attributes/{made['id']}"

    refused = groups.patch(url, {"type": "integer"}, 1)
    assert (refused.status_code, refused.json["count"]) == (409, 2)
    assert groups.get(f"/attribute-values/{people[0]}").json == {"zahl": "1.234"}
    assert groups.get(url).json["type"] == "text"

    for person, value in zip(people[1:], ("2", None), strict=True):
        groups.patch(f"/attribute-values/{person}", {"zahl": value})
    assert groups.patch(url, {"type": "integer"}, 1).json["type"] == "integer"
    assert groups.get(f"/attribute-values/{people[0]}").json == {"zahl": 1234}


def test_a_choice_in_use_is_not_taken_away(groups, customer_id):
    made = groups.attribute("Farbe", "choice", choices=["rot", "blau"])
    groups.patch(f"/attribute-values/{customer_id}", {"farbe": "rot"})
    url = f"/attributes/{made['id']}"

    assert groups.patch(url, {"choices": ["blau"]}, 1).status_code == 409
    assert groups.patch(url, {"choices": ["rot"]}, 1).status_code == 200


def test_the_head_offices_attributes_are_read_only_for_a_branch(groups, staff):
    made = groups.attribute("Zentrale", origin="franchise")

    changed = staff.patch(f"/attributes/{made['id']}", {"help": "x"}, 1)
    assert changed.status_code == 403
    assert staff.delete(f"/attributes/{made['id']}", 1).status_code == 403


def test_a_definition_is_told_whole(groups):
    groups.attribute(
        "Kennzeichen",
        scope="history",
        required={"staff": True, "form": True},
        pattern="[A-Z]+",
        pattern_hint="Großbuchstaben",
        help="vom Auto",
        position=9,
    )

    told = groups.told("attribute_defined")[-1]

    assert (told["required_staff"], told["required_form"]) == (True, True)
    assert (told["pattern"], told["pattern_hint"]) == ("[A-Z]+", "Großbuchstaben")
    assert (told["help"], told["position"]) == ("vom Auto", 9)


def test_history_entries_have_six_own_fields_from_the_start(groups):
    listed = groups.get("/attributes", scope="history").json["items"]

    assert [(a["key"], a["label"], a["type"]) for a in listed] == [
        ("feld_1", {"de": "Feld 1", "en": "Field 1"}, "text"),
        ("feld_2", {"de": "Feld 2", "en": "Field 2"}, "text"),
        ("feld_3", {"de": "Feld 3", "en": "Field 3"}, "text"),
        ("feld_4", {"de": "Feld 4", "en": "Field 4"}, "text"),
        ("feld_5", {"de": "Feld 5", "en": "Field 5"}, "yes_no"),
        ("feld_6", {"de": "Feld 6", "en": "Field 6"}, "yes_no"),
    ]
    with groups.database.reading() as session:
        told = [m.body for m in waiting(session) if m.name == "groups.attribute_defined"]
    assert [(e["attribute_id"], e["position"]) for e in told] == [
        (a["id"], a["position"]) for a in listed
    ]
