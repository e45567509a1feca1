"""Selections through the HTTP door: asked at once, saved, used by each other."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import pytest

from shared.db import new_id, utcnow
from shared.events.customers import CustomerErased, CustomersMerged
from tests.groups.caller import Groups, registered


@pytest.fixture
def people(groups: Groups) -> dict[str, UUID]:
    """Anna and Jörg in Berlin, Ömer in Köln, and Inge, who is inactive; Anna and Ömer are regulars."""
    found = {}
    for number, (name, fields) in enumerate(
        {
            "Anna": {"last_name": "Müller", "city": "Berlin", "opt_in": "confirmed"},
            "Jörg": {"last_name": "Mustermann", "city": "Berlin", "opt_in": "none"},
            "Ömer": {"last_name": "Übel", "city": "Köln", "opt_in": "confirmed"},
            "Inge": {"last_name": "Still", "city": "Berlin", "active": False},
        }.items(),
        start=1,
    ):
        found[name] = new_id()
        groups.hear(registered(found[name], number=number, first_name=name, **fields))
    groups.group("Stammkunden")
    groups.group("Stammkunden/Gold")
    groups.add("Stammkunden", found["Anna"])
    groups.add("Stammkunden/Gold", found["Ömer"])
    return found


def names(groups: Groups, filter_: Any, **asked: Any) -> list[str]:
    answer = groups.post("/selections/query", {"filter": filter_, **asked})
    assert answer.status_code == 200, answer.json
    return [one["first_name"] for one in answer.json["items"]]


def refused(groups: Groups, filter_: Any) -> dict[str, list[str]]:
    answer = groups.post("/selections/query", {"filter": filter_})
    assert answer.status_code == 422, answer.json
    errors: dict[str, list[str]] = answer.json["errors"]
    return errors


@pytest.mark.usefixtures("people")
def test_a_filter_finds_active_customers_unless_it_speaks_of_active(groups):
    berlin = {"field": "city", "op": "eq", "value": "berlin"}

    assert names(groups, berlin) == ["Anna", "Jörg"]
    assert names(groups, {"all": [berlin, {"active": False}]}) == ["Inge"]
    assert names(groups, {"any": [{"active": True}, {"active": False}]}, sort="number") == [
        "Anna", "Jörg", "Ömer", "Inge",
    ]  # fmt: skip
    assert names(groups, None) == ["Anna", "Jörg", "Ömer"]


@pytest.mark.usefixtures("people")
def test_brackets_are_kept(groups):
    regulars = {"group": "Stammkunden", "include_subgroups": True}
    berlin = {"field": "city", "op": "eq", "value": "Berlin"}
    confirmed = {"opt_in": "confirmed"}

    assert names(groups, {"all": [{"any": [berlin, regulars]}, confirmed]}) == ["Anna", "Ömer"]
    assert names(groups, {"any": [berlin, {"all": [regulars, confirmed]}]}) == [
        "Anna", "Jörg", "Ömer",
    ]  # fmt: skip
    assert names(groups, {"not": {"any": [berlin, regulars]}}) == []
    assert names(groups, {"all": [{"not": {"group": "Stammkunden"}}, confirmed]}) == ["Ömer"]


@pytest.mark.usefixtures("people")
def test_pages_go_on_where_they_ended_and_keep_their_total(groups):
    first = groups.post("/selections/query", {"limit": 2, "sort": "-name"}).json
    assert [one["first_name"] for one in first["items"]] == ["Ömer", "Jörg"]
    assert first["total"] == 3

    second = groups.post(
        "/selections/query", {"limit": 2, "sort": "-name", "cursor": first["next"]}
    ).json
    assert [one["first_name"] for one in second["items"]] == ["Anna"]
    assert second["next"] is None
    assert second["total"] == 3
    wrong = groups.post("/selections/query", {"cursor": "9.quatsch"})
    assert wrong.status_code == 422


def test_merged_erased_and_unknown_customers_are_in_no_selection(groups, people):
    stranger = new_id()
    groups.add("Stammkunden", stranger)
    groups.hear(
        CustomersMerged(
            customer_id=people["Anna"],
            merged_ids=[people["Jörg"]],
            merged_versions=[2],
            version=2,
            occurred_at=utcnow(),
        )
    )
    groups.hear(CustomerErased(customer_id=people["Ömer"], version=2, occurred_at=utcnow()))

    assert names(groups, None) == ["Anna"]
    assert names(groups, {"not": {"field": "city", "op": "eq", "value": "Köln"}}) == ["Anna"]


@pytest.mark.parametrize(
    ("filter_", "place"),
    [
        ({}, "filter"),
        ([], "filter"),
        ({"all": {}}, "filter.all"),
        ({"all": [{"opt_in": "none"}, {"opt_in": "vielleicht"}]}, "filter.all.1.opt_in"),
        (
            {"not": {"any": [{"field": "haarfarbe", "op": "eq", "value": 1}]}},
            "filter.not.any.0.field",
        ),
        ({"field": "birthday", "op": "contains", "value": "1"}, "filter.op"),
        ({"field": "birthday", "op": "eq", "value": "31.02.2026"}, "filter.value"),
        (
            {"field": "birthday", "op": "anniversary", "value": "today", "within_days": 999},
            "filter.within_days",
        ),
        ({"field": "city", "op": "in", "value": "Berlin"}, "filter.value"),
        ({"field": "city", "op": "eq"}, "filter.value"),
        ({"field": "city", "op": "empty", "value": "x"}, "filter.value"),
        ({"field": "city", "op": "eq", "value": "x", "wert": 1}, "filter.wert"),
        ({"field": "city", "op": "eq", "value": "x", "group": "y"}, "filter"),
        ({"field": "city", "op": ["eq"], "value": "x"}, "filter.op"),
        ({"field": ["city"], "op": "eq", "value": "x"}, "filter.field"),
        ({"group": "Gibt/Es/Nicht"}, "filter.group"),
        ({"group": 7}, "filter.group"),
        ({"group": "Stammkunden", "since": "gestern"}, "filter.since"),
        ({"attribute": "nichts", "op": "eq", "value": "x"}, "filter.attribute"),
        ({"active": "ja"}, "filter.active"),
        ({"history": {"info": "x"}, "count": {"gte": -1}}, "filter.count"),
        ({"history": {"attributes": {"weg": 1}}}, "filter.history.attributes.weg"),
        ({"history": {"farbe": 1}}, "filter.history.farbe"),
        ({"activity": {"kind": "tanz"}}, "filter.activity.kind"),
        ({"activity": {"revenue": {"gte": "viel"}}}, "filter.activity.revenue.gte"),
        ({"mail": {"state": "verloren"}}, "filter.mail.state"),
        ({"mail": {"sequence": "keine-id"}}, "filter.mail.sequence"),
        ({"selection": "keine-id"}, "filter.selection"),
        ({"field": "number", "op": "gt", "value": "zwölf"}, "filter.value"),
        ({"field": "birthday", "op": "gt", "value": "+99999y"}, "filter.value"),
        ({"field": "registered_at", "op": "eq", "value": "31.12.9999"}, "filter.value"),
        ({"group": "Stammkunden", "until": "9999-12-31"}, "filter.until"),
        ({"history": {"until": "9999-12-31"}}, "filter.history.until"),
        ({"activity": {"until": "9999-12-31"}}, "filter.activity.until"),
        ({"mail": {"until": "9999-12-31"}}, "filter.mail.until"),
    ],
)
def test_a_wrong_filter_is_refused_with_the_place_named(groups, people, filter_, place):
    errors = refused(groups, filter_)

    assert list(errors) == [place]


def test_a_filter_can_be_neither_too_deep_nor_too_long(groups):
    deep: dict[str, Any] = {"opt_in": "none"}
    for _ in range(50):
        deep = {"not": deep}

    assert "höchstens" in str(
        groups.post("/selections/query", {"filter": deep}, **{"Accept-Language": "de"}).json[
            "errors"
        ]
    )
    assert "at most" in str(refused(groups, {"any": [{"opt_in": "none"}] * 5_000}))


def test_a_saved_selection_is_asked_by_its_id_and_by_others(groups, people):
    saved = groups.post(
        "/selections", {"name": "Stammkunden in Berlin", "filter": {"all": [
            {"group": "Stammkunden", "include_subgroups": True},
            {"field": "city", "op": "eq", "value": "Berlin"},
        ]}},
    )  # fmt: skip
    assert saved.status_code == 201, saved.json
    path = f"/selections/{saved.json['id']}"

    found = groups.get(f"{path}/customers").json
    assert [one["first_name"] for one in found["items"]] == ["Anna"]
    assert names(groups, {"not": {"selection": saved.json["id"]}}) == ["Jörg", "Ömer"]
    assert groups.get(path).json["filter"]["all"][0]["group"] == groups.named("Stammkunden")["id"]
    again = groups.post(
        "/selections", {"name": "STAMMKUNDEN in berlin", "filter": {"active": True}}
    )
    assert again.status_code == 409


def test_a_selection_outlives_its_groups_new_name_and_says_when_it_is_gone(groups, people):
    saved = groups.post(
        "/selections", {"name": "Gold", "filter": {"group": "Stammkunden/Gold"}}
    ).json
    path = f"/selections/{saved['id']}"
    gold = groups.named("Stammkunden/Gold")
    groups.patch(f"/groups/{gold['id']}", {"name": "Platin"}, gold["version"])
    assert groups.get(f"{path}/customers").json["total"] == 1

    platin = groups.named("Stammkunden/Platin")
    groups.delete(f"/groups/{gold['id']}/members/{people['Ömer']}")
    kept = groups.delete(f"/groups/{gold['id']}", platin["version"])
    assert kept.status_code == 409
    assert kept.json["uses"] == [{"kind": "selection", "id": saved["id"], "name": "Gold"}]
    gone = groups.delete(f"/groups/{gold['id']}", platin["version"], cascade="true")
    assert gone.status_code == 204, gone.json
    assert groups.get(f"{path}/customers").json["total"] == 0
    assert list(groups.get(path).json["problems"]) == ["filter.group"]


def test_what_relies_on_a_selection_is_named_before_it_is_deleted(groups, people):
    inner = groups.post("/selections", {"name": "Innen", "filter": {"opt_in": "confirmed"}}).json
    outer = groups.post("/selections", {"name": "Außen", "filter": {"selection": inner["id"]}}).json
    path = f"/selections/{inner['id']}"
    use = f"{path}/uses/mailing/{new_id()}"
    reported = groups.client.put(f"/api/v1{use}", json={"name": "Osterbrief"})
    assert reported.status_code == 204

    refused_ = groups.delete(path, 1)
    assert refused_.status_code == 409
    assert [one["name"] for one in refused_.json["uses"]] == ["Außen", "Osterbrief"]
    assert [one["name"] for one in groups.get(path).json["uses"]] == ["Außen", "Osterbrief"]

    # Behind a "not", the other one would mean everybody.
    assert groups.delete(path, 1, confirm="true").status_code == 409
    assert groups.delete(f"/selections/{outer['id']}", 1).status_code == 204
    assert groups.delete(path, 1).status_code == 409
    assert groups.delete(path, 1, confirm="true").status_code == 204
    assert groups.get(path).status_code == 404


def test_a_use_that_has_ended_is_named_no_more(groups):
    saved = groups.post("/selections", {"name": "Alle", "filter": {"active": True}}).json
    use = f"/selections/{saved['id']}/uses/mailing/7"
    assert groups.client.put(f"/api/v1{use}", json={"name": "Osterbrief"}).status_code == 204

    assert groups.delete(use).status_code == groups.delete(use).status_code == 204

    assert groups.delete(f"/selections/{saved['id']}", 1).status_code == 204


def test_a_selection_never_contains_itself(groups):
    first = groups.post("/selections", {"name": "A", "filter": {"active": True}}).json
    second = groups.post(
        "/selections", {"name": "B", "filter": {"not": {"selection": first["id"]}}}
    ).json
    third = groups.post("/selections", {"name": "C", "filter": {"selection": second["id"]}}).json

    for circle in (first, second, third):
        changed = groups.patch(
            f"/selections/{first['id']}", {"filter": {"selection": circle["id"]}}, 1
        )
        assert changed.status_code == 422, circle
        assert list(changed.json["errors"]) == ["filter.selection"]


def test_two_who_change_a_selection_do_not_overwrite_each_other(groups):
    saved = groups.post("/selections", {"name": "A", "filter": {"active": True}}).json
    path = f"/selections/{saved['id']}"

    assert groups.patch(path, {"name": "B"}, 1).status_code == 200
    assert groups.patch(path, {"name": "C"}, 1).status_code == 412
    assert groups.patch(path, {"name": "C"}).status_code == 428
    assert [one["name"] for one in groups.get("/selections").json["items"]] == ["B"]


def test_what_stands_in_saved_selections_counts_as_well(groups):
    long = groups.post(
        "/selections", {"name": "Lang", "filter": {"any": [{"opt_in": "none"}] * 300}}
    ).json

    once = {"selection": long["id"]}
    assert names(groups, once) == []
    assert list(refused(groups, {"any": [once, once]})) == ["filter.any.1.selection"]


LOOKUPS = [
    {"group": "Stammkunden"},
    {"attribute": "ziel", "op": "eq", "value": "Rom"},
    {"history": {"info": "Anruf"}},
    {"activity": {"kind": "visit"}},
    {"mail": {"state": "sent"}},
]


@pytest.mark.parametrize("link", ["all", "any"])
def test_a_filter_asks_other_tables_fifty_times_at_most(groups, people, link):
    groups.attribute("Ziel", key="ziel")

    begun = time.monotonic()
    assert names(groups, {link: LOOKUPS * 10}) == ([] if link == "all" else ["Anna"])
    assert time.monotonic() - begun < 15
    assert "50" in str(refused(groups, {link: [*LOOKUPS * 10, LOOKUPS[0]]})["filter"])

    half = groups.post("/selections", {"name": "Halb", "filter": {link: LOOKUPS * 6}}).json
    twice = refused(groups, {"not": {link: [{"selection": half["id"]}] * 2}})
    assert list(twice) == [f"filter.not.{link}.1.selection"]


def test_many_brackets_are_answered_in_time(groups):
    ids = [new_id() for _ in range(6_000)]
    groups.hear(*(registered(id_, number=n, opt_in="none") for n, id_ in enumerate(ids, start=1)))
    groups.group("Stammkunden")
    bracket = {"any": [{"group": "Stammkunden"}, {"not": {"history": {"info": "Anruf"}}}]}

    begun = time.monotonic()
    found = groups.post("/selections/query", {"filter": {"all": [bracket] * 25}}).json
    assert found["total"] == 6_000
    assert time.monotonic() - begun < 15


def test_a_filter_has_ten_thousand_values_at_most(groups, people):
    cities = ["Berlin", *(f"Ort {number}" for number in range(999))]
    days = [f"{year}-01-01" for year in range(1000, 2000)]
    some = {"field": "city", "op": "in", "value": cities}
    dates = {"field": "registered_at", "op": "in", "value": days}

    sources = {"field": "sources", "op": "in", "value": ["pos"] * 1_000}
    assert names(groups, {"any": [sources] * 10}) == []
    assert names(groups, {"all": [some] * 10}) == ["Anna", "Jörg"]
    assert names(groups, {"not": dates}) == ["Anna", "Jörg", "Ömer"]
    assert "10000" in str(refused(groups, {"any": [*[some] * 10, dates]})["filter"])
    hidden = {"history": {name: {"op": "in", "value": cities} for name in ("info", "action")}}
    assert "filter" in refused(groups, {"any": [hidden] * 6})

    half = groups.post("/selections", {"name": "Orte", "filter": {"any": [some] * 6}}).json
    twice = {"any": [{"selection": half["id"]}] * 2}
    assert list(refused(groups, twice)) == ["filter.any.1.selection"]
