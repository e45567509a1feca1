"""A list that is exported, edited for days and imported again, while others go on working."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from shared.outbox import waiting
from tests.journeys.test_export import (
    agency,  # noqa: F401
    exported,
    imported,
    put,
)


@pytest.fixture
def office(agency):  # noqa: F811
    put(
        agency,
        last_name="Müller",
        city="Halle",
        phone="+49 30 111111",
        note="alt",
        groups=["Stammkunden", "Reisen/Griechenland"],
        values={"budget": "1234.5", "flies": True},
    )
    return agency


def edited(content: bytes, **cells: str) -> bytes:
    """The file after somebody has typed over some cells of its first row."""
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    rows = list(csv.DictReader(text, delimiter=";"))
    rows[0] |= cells
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return ("\ufeff" + out.getvalue()).encode()


def one(system) -> dict[str, Any]:
    [customer] = system.http.get("/api/v1/customers").json()["items"]
    found = system.http.get(f"/api/v1/customers/{customer['id']}").json()
    found["groups"] = sorted(group["path"] for group in found["groups"])
    found["values"] = system.http.get(f"/api/v1/attribute-values/{found['id']}").json()
    return found


def change(system, **values: Any) -> None:
    customer = one(system)
    answer = system.http.patch(
        f"/api/v1/customers/{customer['id']}",
        json=values,
        headers={"If-Match": f'"{customer["version"]}"'},
    )
    assert answer.status_code == 200, answer.text


def problems(system, found: Any) -> dict[str, str]:
    items = system.http.get(f"/api/v1/imports/{found['id']}/errors").json()["items"]
    return {item["column"]: item["reason"] for item in items}


def test_exactly_the_edited_cells_change(office):
    before = one(office)
    content = exported(office)

    ended = imported(
        office,
        edited(content, Ort="Jena", Reisebudget="99,90", Gruppen="Stammkunden | Kegelclub"),
    )

    assert (ended["options"]["groups"]["mode"], ended["progress"]["updated"]) == ("edited", 1)
    after = one(office)
    assert after["city"] == "Jena"
    assert after["groups"] == ["Kegelclub", "Stammkunden"]
    assert after["values"] == {"budget": "99.90", "flies": True}
    same = before.keys() - {"city", "groups", "values", "version", "updated_at"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert problems(office, ended) == {}


def test_what_others_changed_meanwhile_stays_and_is_reported(office):
    content = exported(office)
    change(office, city="Leipzig", note=None)
    customer_id = one(office)["id"]
    office.http.patch(f"/api/v1/attribute-values/{customer_id}", json={"flies": False})
    rows = [{"customer_id": customer_id, "groups": ["Neu"], "mode": "add"}]
    office.http.post("/api/v1/memberships/batch", json={"rows": rows, "create_missing": True})
    office.settle()

    ended = imported(office, edited(content, Telefon="'+49 30 222222"))

    assert (ended["progress"]["updated"], ended["progress"]["conflicts"]) == (1, 0)
    after = one(office)
    assert (after["phone"], after["city"], after["note"]) == ("+49 30 222222", "Leipzig", None)
    assert after["groups"] == ["Neu", "Reisen/Griechenland", "Stammkunden"]
    assert after["values"] == {"budget": "1234.50", "flies": False}
    told = problems(office, ended)
    assert set(told) == {"Ort", "Notiz", "Vielflieger"}
    assert "stays 'Leipzig', not 'Halle'" in told["Ort"]


def test_a_cell_changed_on_both_sides_is_refused_with_both_and_can_be_mended(office):
    content = exported(office)
    change(office, city="Leipzig")

    ended = imported(office, edited(content, Ort="Jena", Telefon="'+49 30 222222"))

    assert ended["progress"]["conflicts"] == 1
    assert "to 'Leipzig', in the file to 'Jena'" in problems(office, ended)["Ort"]
    assert (one(office)["city"], one(office)["phone"]) == ("Leipzig", "+49 30 111111")
    errors = office.http.get(f"/api/v1/imports/{ended['id']}/errors.csv").content
    mended = imported(office, edited(errors, Ort="Leipzig"), filename="Fehler.csv")
    assert mended["progress"]["updated"] == 1
    assert (one(office)["city"], one(office)["phone"]) == ("Leipzig", "+49 30 222222")


def test_a_file_nobody_edited_changes_and_tells_nothing(office):
    content = exported(office)
    change(office, city="Leipzig")
    before = one(office)
    office.settle()

    ended = imported(office, content)

    assert ended["progress"]["unchanged"] == 1
    assert one(office) == before
    for service in ("customers", "groups"):
        with office.database_for(service).reading() as session:
            assert waiting(session) == []
