"""A definition that changes takes its values along, or is refused with what is in the way."""

from datetime import date

import pytest

from shared.db import new_id, utcnow
from shared.events.customers import (
    ActivityRecorded,
    HistoryEntryAdded,
    HistoryEntryChanged,
    HistoryEntryDeleted,
)
from tests.groups.caller import registered
from tests.groups.test_merging import merged


def url_of(attribute):
    return f"/attributes/{attribute['id']}"


def change(groups, attribute, **changes):
    now = groups.get(url_of(attribute)).json["version"]
    return groups.patch(url_of(attribute), changes, now)


def give(groups, **values):
    """Let a new customer have the values."""
    customer_id = new_id()
    saved = groups.patch(f"/attribute-values/{customer_id}", values)
    assert saved.status_code == 200, saved.json
    return customer_id


def values(groups, customer_id):
    return groups.get(f"/attribute-values/{customer_id}").json


def entry_with(groups, customer_id=None, **attributes):
    """Let somebody have noted this in a customer's history."""
    noted = HistoryEntryAdded(
        customer_id=customer_id or new_id(),
        entry_id=new_id(),
        version=1,
        date=date(2026, 11, 22),
        attributes=attributes,
    )
    groups.hear(noted)
    return noted


def booking_with(groups, customer_id=None, **attributes):
    booked = ActivityRecorded(
        customer_id=customer_id or new_id(),
        activity_id=new_id(),
        kind="booking",
        source="booking",
        occurred_at=utcnow(),
        attributes=attributes,
    )
    groups.hear(booked)
    return booked


KEEPERS = {"booking": booking_with, "history": entry_with}


@pytest.mark.parametrize(
    ("before", "value", "after", "becomes"),
    [
        ("text", "1.234,50", "decimal", "1234.50"),
        ("text", "24.12.2026", "date", "2026-12-24"),
        ("text", "ja", "yes_no", True),
        ("text", "GRÜN", "choice", "grün"),
        ("multiline", "eine Zeile", "text", "eine Zeile"),
        ("integer", 12, "decimal", "12"),
        ("integer", 12, "text", "12"),
        ("integer", 1, "yes_no", True),
        ("decimal", "3.00", "integer", 3),
        ("yes_no", True, "text", "ja"),
        ("date", "2026-12-24", "text", "2026-12-24"),
        ("choice", "rot", "multiline", "rot"),
    ],
)
def test_values_that_fit_another_type_become_of_it(groups, before, value, after, becomes):
    choices = ["rot", "grün"]
    made = groups.attribute("Wert", before, choices=choices if before == "choice" else [])
    customer_id = give(groups, wert=value)

    changed = change(groups, made, type=after, choices=choices if after == "choice" else [])

    assert changed.status_code == 200, changed.json
    assert values(groups, customer_id) == {"wert": becomes}
    assert groups.told("attributes_changed")[-1]["values"] == {"wert": becomes}


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("text", "zwölf", "integer"),
        ("text", "vielleicht", "yes_no"),
        ("text", "lila", "choice"),
        ("multiline", "zwei\nZeilen", "text"),
        ("decimal", "3.50", "integer"),
        ("integer", 2, "yes_no"),
        ("integer", 20261224, "date"),
        ("date", "2026-12-24", "decimal"),
        ("yes_no", True, "date"),
        ("choice", "rot", "integer"),
    ],
)
def test_values_that_would_be_lost_keep_the_type_from_changing(groups, before, value, after):
    made = groups.attribute("Wert", before, choices=["rot"] if before == "choice" else [])
    customer_id = give(groups, wert=value)

    refused = change(groups, made, type=after, choices=["rot"] if after == "choice" else [])

    assert (refused.status_code, refused.json["count"]) == (409, 1), refused.json
    assert values(groups, customer_id) == {"wert": value}
    assert groups.get(url_of(made)).json["type"] == before


def test_a_narrower_pattern_is_refused_with_the_count_of_what_does_not_match(groups):
    made = groups.attribute("Kennzeichen")
    for value in "B-AB 1", "falsch", "auch falsch":
        give(groups, kennzeichen=value)

    refused = change(groups, made, pattern="[A-Z]+-[A-Z]+ [0-9]+")
    assert (refused.status_code, refused.json["count"]) == (409, 2)
    assert "falsch" in refused.json["detail"]
    assert change(groups, made, pattern=".{2,20}").status_code == 200
    assert change(groups, made, pattern=None).status_code == 200
    assert [groups.get(url_of(made)).json[n] for n in ("pattern", "version")] == [None, 3]


def test_a_choice_gets_another_name_and_customers_keep_it(groups):
    made = groups.attribute("Farbe", "choice", choices=["rot", "blau", "gelb"])
    red, blue = give(groups, farbe="rot"), give(groups, farbe="blau")

    changed = change(groups, made, renamed_choices={"rot": "Weinrot"})

    assert changed.json["choices"] == ["Weinrot", "blau", "gelb"]
    assert (values(groups, red), values(groups, blue)) == ({"farbe": "Weinrot"}, {"farbe": "blau"})
    assert [e["customer_id"] for e in groups.told("attributes_changed")[2:]] == [str(red)]
    assert groups.told("attribute_defined")[-1]["choices"] == ["Weinrot", "blau", "gelb"]


def test_choices_swap_their_names_and_two_become_one(groups):
    made = groups.attribute("Farbe", "choice", choices=["rot", "blau", "gelb"])
    red, blue = give(groups, farbe="rot"), give(groups, farbe="blau")

    change(groups, made, renamed_choices={"rot": "blau", "blau": "rot"})
    swapped = values(groups, red), values(groups, blue)
    one = change(groups, made, renamed_choices={"blau": "bunt", "gelb": "bunt"})

    assert swapped == ({"farbe": "blau"}, {"farbe": "rot"})
    assert one.json["choices"] == ["bunt", "rot"]
    assert (values(groups, red), values(groups, blue)) == ({"farbe": "bunt"}, {"farbe": "rot"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"renamed_choices": {"lila": "rosa"}},
        {"renamed_choices": {"rot": "Weinrot"}, "choices": ["rot", "blau"]},
        {"renamed_choices": {"rot": ""}},
        {"renamed_choices": {"rot": "BLAU"}},
        {"renamed_choices": ["rot"]},
    ],
)
def test_a_new_name_that_leads_nowhere_is_refused(groups, wrong):
    made = groups.attribute("Farbe", "choice", choices=["rot", "blau"])

    refused = change(groups, made, **wrong)

    assert refused.status_code == 422
    assert groups.get(url_of(made)).json["choices"] == ["rot", "blau"]


def test_a_choice_written_differently_is_the_same_choice(groups):
    made = groups.attribute("Farbe", "choice", choices=["gruen"])
    customer_id = give(groups, farbe="gruen")

    assert change(groups, made, choices=["Grün"]).status_code == 200
    assert values(groups, customer_id) == {"farbe": "Grün"}


def test_choices_can_be_added_and_put_in_another_order(groups):
    made = groups.attribute("Farbe", "choice", choices=["rot", "blau"])
    give(groups, farbe="rot")

    assert change(groups, made, choices=["gelb", "blau", "rot"]).status_code == 200
    refused = change(groups, made, choices=["gelb", "blau"])
    assert (refused.status_code, refused.json["count"]) == (409, 1)


@pytest.mark.parametrize("scope", KEEPERS)
def test_what_bookings_and_entries_hold_keeps_its_meaning(groups, scope):
    made = groups.attribute("Wert", key="wert", scope=scope)
    for value in "12", "zwölf":
        KEEPERS[scope](groups, wert=value)

    for narrower in (
        {"type": "integer"},
        {"type": "choice", "choices": ["12"]},
        {"pattern": "[a-z]+"},
    ):
        refused = change(groups, made, **narrower)
        assert refused.status_code == 409, narrower
    assert change(groups, made, type="integer").json["count"] == 2
    assert change(groups, made, pattern="[0-9]+").json["count"] == 1
    assert change(groups, made, type="multiline").status_code == 200
    assert change(groups, made, pattern="[0-9a-zö]+").status_code == 200


@pytest.mark.parametrize("scope", KEEPERS)
def test_a_choice_of_bookings_and_entries_is_neither_taken_away_nor_renamed(groups, scope):
    made = groups.attribute("Wert", "choice", key="wert", scope=scope, choices=["rot", "blau"])
    KEEPERS[scope](groups, wert="rot")

    assert change(groups, made, choices=["blau"]).json["count"] == 1
    assert change(groups, made, renamed_choices={"rot": "Weinrot"}).json["count"] == 1
    assert change(groups, made, choices=["Rot", "blau"]).json["count"] == 1
    assert change(groups, made, renamed_choices={"blau": "grün"}).json["choices"] == ["rot", "grün"]
    assert change(groups, made, choices=["gelb", "rot"]).status_code == 200


@pytest.mark.parametrize("scope", KEEPERS)
def test_without_values_a_definition_changes_freely(groups, scope):
    made = groups.attribute("Wert", key="wert", scope=scope)

    assert change(groups, made, type="integer").json["type"] == "integer"
    choice = change(groups, made, type="choice", choices=["a"])
    assert choice.json["choices"] == ["a"]
    assert change(groups, made, type="text").json["choices"] == []


def test_uses_are_counted_where_the_values_are(groups, customer_id):
    customers = groups.attribute("Eigenschaft", key="x")
    bookings = groups.attribute("Eigenschaft", key="x", scope="booking")
    entries = groups.attribute("Eigenschaft", key="x", scope="history")
    twin = give(groups, x="a")
    groups.patch(f"/attribute-values/{customer_id}", {"x": "b"})
    groups.hear(registered(customer_id), registered(twin))
    booking_with(groups, twin, x="c")
    booking_with(groups, twin, other="c")
    noted = [entry_with(groups, twin, x=value) for value in "abc"]
    groups.hear(merged(customer_id, twin))
    groups.hear(
        HistoryEntryDeleted(customer_id=twin, entry_id=noted[0].entry_id, version=2),
    )
    groups.hear(
        HistoryEntryChanged(
            customer_id=twin, entry_id=noted[1].entry_id, version=2, date=date(2026, 1, 1)
        )
    )

    counts = [groups.get(url_of(a)).json["uses"] for a in (customers, bookings, entries)]

    assert counts == [{"count": 1, "by": []}] * 3


@pytest.mark.parametrize("scope", KEEPERS)
def test_what_was_noted_of_a_booking_or_entry_outlives_its_attribute(groups, scope):
    made = groups.attribute("Größe", scope=scope)
    customer_id = new_id()
    KEEPERS[scope](groups, customer_id, groesse="GROSS")

    refused = groups.delete(url_of(made), 1)
    assert (refused.status_code, refused.json["count"]) == (409, 1)
    assert "keep" in refused.json["detail"]
    assert groups.delete(url_of(made), 1, confirm="true").status_code == 204

    known = groups.get(f"/groups/data/{customer_id}").json
    [kept] = known["activities" if scope == "booking" else "history"]
    assert kept["attributes"] == {"groesse": "GROSS"}


@pytest.mark.parametrize("scope", KEEPERS)
def test_a_new_attribute_never_takes_over_values_of_another_kind(groups, scope):
    gone = groups.attribute("Größe", scope=scope)
    KEEPERS[scope](groups, groesse="GROSS")
    groups.delete(url_of(gone), 1, confirm="true")
    body = {"label": {"de": "Größe"}, "type": "integer", "scope": scope}

    assert groups.post("/attributes", body).json["key"] == "groesse_2"
    refused = groups.post("/attributes", {**body, "label": {"de": "G"}, "key": "groesse"})
    assert (refused.status_code, refused.json["count"]) == (409, 1)
    back = groups.attribute("Größe wie früher", scope=scope, key="groesse")
    assert groups.get(url_of(back)).json["uses"]["count"] == 1


def test_the_count_is_said_in_the_readers_language(groups):
    made = groups.attribute("Wert", key="wert", scope="history")
    entry_with(groups, wert="x")
    german = {"Accept-Language": "de", "If-Match": '"1"'}

    refused = groups.client.delete(f"/api/v1{url_of(made)}", headers=german)

    assert "1 Einträge der Kundenhistory haben einen Wert für 'Wert'" in refused.json["detail"]


def saved(groups, filter_, name="Rote"):
    made = groups.post("/selections", {"name": name, "filter": filter_})
    assert made.status_code == 201, made.json
    return made.json


def test_a_selection_that_names_an_attribute_keeps_it_from_being_deleted(groups):
    made = groups.attribute("Farbe", "choice", choices=["rot", "blau"])
    selection = saved(groups, {"attribute": "farbe", "op": "eq", "value": "rot"})
    use = {"kind": "selection", "id": selection["id"], "name": "Rote"}

    assert groups.get(url_of(made)).json["uses"] == {"count": 0, "by": [use]}
    for confirm in "false", "true":
        refused = groups.delete(url_of(made), 1, confirm=confirm)
        assert (refused.status_code, refused.json["uses"]) == (409, [use])
        assert "Rote" in refused.json["detail"]
    gone = groups.delete(f"/selections/{selection['id']}", 1)
    assert gone.status_code == 204
    assert groups.delete(url_of(made), 1).status_code == 204


def test_a_change_that_a_selection_could_not_follow_is_refused_by_its_name(groups):
    made = groups.attribute("Farbe", "choice", choices=["rot", "blau"])
    saved(groups, {"not": {"attribute": "farbe", "op": "eq", "value": "rot"}})

    for breaking in (
        {"choices": ["blau"]},
        {"renamed_choices": {"rot": "Weinrot"}},
        {"type": "date"},
    ):
        refused = change(groups, made, **breaking)
        assert refused.status_code == 409, breaking
        assert [use["name"] for use in refused.json["uses"]] == ["Rote"]
    assert groups.get(url_of(made)).json["choices"] == ["rot", "blau"]
    assert change(groups, made, choices=["gelb", "rot"]).status_code == 200
    assert change(groups, made, label={"de": "Farbton"}).status_code == 200


@pytest.mark.parametrize("scope", ["customer", "booking"])
def test_a_form_that_asks_for_an_attribute_keeps_it_from_being_deleted(groups, scope):
    other = {"customer": "booking", "booking": "customer"}[scope]
    made = groups.attribute("Wunsch", key="wunsch", scope=scope)
    free = groups.attribute("Wunsch", key="wunsch", scope=other)
    form = groups.post(
        "/forms",
        {
            "title": "Anfrage",
            "fields": [{"field": "last_name"}, {"attribute": "wunsch", "scope": scope}],
        },
    ).json

    refused = groups.delete(url_of(made), 1, confirm="true")

    assert (refused.status_code, refused.json["uses"]) == (
        409,
        [{"kind": "form", "id": form["id"], "name": "Anfrage"}],
    )
    assert groups.delete(url_of(free), 1).status_code == 204
    assert groups.delete(f"/forms/{form['id']}", 1).status_code == 204
    assert groups.delete(url_of(made), 1).status_code == 204


@pytest.mark.parametrize("fixed", [{"key": "farbton"}, {"scope": "booking"}, {"origin": "local"}])
def test_what_values_are_found_by_never_changes(groups, fixed):
    made = groups.attribute("Farbe")

    assert change(groups, made, **fixed).status_code == 422
