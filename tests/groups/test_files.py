"""Rows from a spreadsheet that was exported some time ago, and imports that are taken back."""

from __future__ import annotations

from uuid import UUID

import pytest

from shared.db import new_id, utcnow
from shared.importids import reference_of, row_id
from tests.groups.caller import registered

IMPORT = row_id(new_id(), 0)
REFERENCE = reference_of(IMPORT)


def paths_of(groups, customer_id) -> set[str]:
    items = groups.get("/memberships", customer_id=customer_id, at=utcnow().isoformat()).json[
        "items"
    ]
    return {item["group_path"] for item in items}


def values_of(groups, customer_id) -> dict:
    return groups.get(f"/attribute-values/{customer_id}").json


def give(groups, customer_id, values, **options):
    row = {"customer_id": str(customer_id), "values": values}
    row |= {name: options.pop(name) for name in ("known_at",) if name in options}
    answer = groups.post("/attribute-values/batch", {"rows": [row], **options})
    assert answer.status_code == 200, answer.json
    [result] = answer.json["results"]
    return result


def in_file(groups, customer_id, paths, known_at, mode="edited"):
    row = {"customer_id": str(customer_id), "groups": paths, "mode": mode, "known_at": known_at}
    [result] = groups.batch([row], create_missing=True, source="import", reference=REFERENCE)
    return result


@pytest.fixture
def somebody(groups, customer_id) -> UUID:
    """A customer who has been in groups A and B for a while, and has two values."""
    groups.hear(registered(customer_id))
    for name in "ABC":
        groups.group(name)
    for name in "AB":
        groups.add(name, customer_id)
    groups.attribute("Haarlänge")
    groups.attribute("Umsatz", "decimal")
    give(groups, customer_id, {"haarlaenge": "kurz", "umsatz": "10"})
    return customer_id


def test_of_a_groups_cell_only_what_was_edited_is_changed(groups, somebody):
    """The file had A and B. Here B was left and C joined since; in the file A was taken out and D put in."""
    exported = utcnow().isoformat()
    groups.delete(f"/groups/{groups.named('B')['id']}/members/{somebody}")
    groups.add("C", somebody)

    result = in_file(groups, somebody, ["B", "D"], exported)

    assert (result["added"], result["removed"]) == (1, 1)
    assert paths_of(groups, somebody) == {"C", "D"}


def test_a_cell_that_was_not_edited_changes_and_tells_nothing(groups, somebody):
    exported = utcnow().isoformat()
    groups.add("C", somebody)
    before = groups.told_names()

    result = in_file(groups, somebody, ["B", "A"], exported)

    assert (result["added"], result["removed"]) == (0, 0)
    assert paths_of(groups, somebody) == {"A", "B", "C"}
    assert groups.told_names() == before


@pytest.mark.parametrize(
    ("mode", "groups_then"), [("add", {"A", "B", "C", "D"}), ("replace", {"A", "D"})]
)
def test_other_modes_mean_the_cell_as_it_is(groups, somebody, mode, groups_then):
    exported = utcnow().isoformat()
    groups.delete(f"/groups/{groups.named('A')['id']}/members/{somebody}")
    groups.add("C", somebody)

    in_file(groups, somebody, ["A", "D"], exported, mode=mode)

    assert paths_of(groups, somebody) == groups_then


def test_a_row_that_knows_of_no_moment_is_added_to(groups, somebody):
    in_file(groups, somebody, ["D"], None)

    assert paths_of(groups, somebody) == {"A", "B", "D"}


def test_values_come_with_the_groups_and_before_them(groups, customer_id):
    groups.attribute("Haarlänge")
    groups.hear(registered(customer_id))
    before = len(groups.told_names())
    values = {"haarlaenge": "kurz", "gibtesnicht": "x"}
    row = {"customer_id": str(customer_id), "groups": ["A"], "values": values}

    [result] = groups.batch([row], create_missing=True, reference=REFERENCE)

    assert (result["added"], list(result["errors"])) == (1, ["gibtesnicht"])
    assert values_of(groups, customer_id) == {"haarlaenge": "kurz"}
    told = groups.told_names()[before:]
    assert told.index("customer_attributes_changed") < told.index("customer_added_to_group")
    undo(groups, customer_id)
    assert values_of(groups, customer_id) == {}


def test_of_values_only_what_was_edited_is_taken(groups, somebody):
    exported = utcnow().isoformat()
    give(groups, somebody, {"haarlaenge": "lang"})

    result = give(groups, somebody, {"haarlaenge": "kurz", "umsatz": "12.5"}, known_at=exported)

    assert result["status"] == "updated"
    assert "stays 'lang', not 'kurz'" in result["errors"]["haarlaenge"][0]
    assert values_of(groups, somebody) == {"haarlaenge": "lang", "umsatz": "12.50"}


def test_a_value_changed_on_both_sides_is_left_and_named(groups, somebody):
    exported = utcnow().isoformat()
    give(groups, somebody, {"haarlaenge": "lang"})

    result = give(groups, somebody, {"haarlaenge": "mittel"}, known_at=exported)

    assert result["status"] == "unchanged"
    assert "to 'lang', in the file to 'mittel'" in result["errors"]["haarlaenge"][0]
    assert values_of(groups, somebody)["haarlaenge"] == "lang"


def test_a_value_given_for_the_first_time_since_counts_as_changed_here(groups, customer_id):
    groups.attribute("Haarlänge")
    exported = utcnow().isoformat()
    give(groups, customer_id, {"haarlaenge": "lang"})

    kept = give(groups, customer_id, {"haarlaenge": ""}, known_at=exported)
    clash = give(groups, customer_id, {"haarlaenge": "kurz"}, known_at=exported)

    assert "stays 'lang'" in kept["errors"]["haarlaenge"][0]
    assert "to 'lang', in the file to 'kurz'" in clash["errors"]["haarlaenge"][0]


def test_a_moment_needs_a_time_zone(groups, somebody):
    row = {"customer_id": str(somebody), "groups": [], "known_at": "2026-01-01T10:00:00"}

    assert groups.post("/memberships/batch", {"rows": [row]}).status_code == 422


def undo(groups, *customer_ids, reference=REFERENCE):
    body = {"reference": reference, "customer_ids": [str(one) for one in customer_ids]}
    memberships = groups.post("/memberships/batch/undo", body)
    values = groups.post("/attribute-values/batch/undo", body)
    assert (memberships.status_code, values.status_code) == (200, 200), memberships.json
    return memberships.json, values.json


def test_an_import_is_taken_back_exactly(groups, somebody):
    spans = groups.get("/memberships", customer_id=somebody).json["items"]
    counts = {name: groups.counts(name) for name in "ABC"}
    row = {"customer_id": str(somebody), "groups": ["B", "C"], "mode": "replace"}
    groups.batch([row], source="import", reference=REFERENCE)
    give(groups, somebody, {"haarlaenge": "lang", "umsatz": None}, reference=REFERENCE)
    assert paths_of(groups, somebody) == {"B", "C"}

    undone = undo(groups, somebody)

    assert undone == ({"removed": 1, "restored": 1}, {"restored": 1})
    now = groups.get("/memberships", customer_id=somebody, at=utcnow().isoformat()).json["items"]
    assert now == spans
    assert values_of(groups, somebody) == {"haarlaenge": "kurz", "umsatz": "10"}
    assert {name: groups.counts(name) for name in "ABC"} == counts
    [back] = [e for e in groups.told("customer_added") if e["source"] == "import_undone"]
    assert (back["group_path"], back["start_sequences"]) == ("A", "no")
    [out] = [e for e in groups.told("customer_removed") if e["source"] == "import_undone"]
    assert out["group_path"] == "C"


def test_taking_back_twice_changes_nothing_more(groups, somebody):
    row = {"customer_id": str(somebody), "groups": ["C"], "mode": "replace"}
    groups.batch([row], source="import", reference=REFERENCE)
    give(groups, somebody, {"haarlaenge": "lang"}, reference=REFERENCE)
    undo(groups, somebody)
    told = groups.told_names()

    undone = undo(groups, somebody)

    assert undone == ({"removed": 0, "restored": 0}, {"restored": 0})
    assert groups.told_names() == told


def test_what_somebody_has_changed_since_stays(groups, somebody):
    """The import took her out of A and B; staff put her back into A, out again, and changed a value."""
    row = {"customer_id": str(somebody), "groups": ["C"], "mode": "replace"}
    groups.batch([row], source="import", reference=REFERENCE)
    give(groups, somebody, {"haarlaenge": "lang", "umsatz": "20"}, reference=REFERENCE)
    groups.add("A", somebody)
    groups.delete(f"/groups/{groups.named('A')['id']}/members/{somebody}")
    give(groups, somebody, {"haarlaenge": "mittel"})

    undo(groups, somebody)

    assert paths_of(groups, somebody) == {"B"}
    assert values_of(groups, somebody) == {"haarlaenge": "mittel", "umsatz": "10"}


def test_values_given_by_the_import_for_the_first_time_go(groups, customer_id):
    groups.attribute("Haarlänge")
    groups.hear(registered(customer_id))
    give(groups, customer_id, {"haarlaenge": "lang"}, reference=REFERENCE)

    undo(groups, customer_id)

    assert values_of(groups, customer_id) == {}


def test_another_import_is_left_alone(groups, somebody):
    row = {"customer_id": str(somebody), "groups": ["C"], "mode": "add"}
    groups.batch([row], source="import", reference=reference_of(row_id(new_id(), 0)))

    undo(groups, somebody)

    assert paths_of(groups, somebody) == {"A", "B", "C"}
