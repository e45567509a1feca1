"""History entries: what staff note about a customer, one by one and for many at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from services.customers import actions
from services.customers.models import history_entries
from shared.db import Database, new_id
from shared.events.groups import AttributeRemoved
from shared.testing import client_of
from tests.customers.conftest import BASE
from tests.customers.telling import HISTORY, defined, hear, ids, merge
from tests.customers.test_hostile import BODIES

SETTINGS = "/api/v1/history-settings"
OPERATIONS = "/api/v1/operations"


@pytest.fixture
def note(client: FlaskClient) -> Callable[..., dict[str, Any]]:
    """Note something about a customer and return the entry."""

    def note(customer: dict[str, Any], **values: Any) -> dict[str, Any]:
        response = client.post(HISTORY, json={"customer_id": customer["id"], **values})
        assert response.status_code == 201, response.json
        return response.json

    return note


@pytest.fixture
def offer(client: FlaskClient) -> Callable[..., None]:
    def offer(infos: list[str], actions: list[str]) -> None:
        answer = client.put(SETTINGS, json={"infos": infos, "actions": actions})
        assert answer.status_code == 200, answer.json

    return offer


def read(client: FlaskClient, entry_id: str) -> dict[str, Any]:
    response = client.get(f"{HISTORY}/{entry_id}")
    assert response.status_code == 200, response.json
    return response.json


def patch(client: FlaskClient, entry: dict[str, Any], **values: Any) -> Any:
    return client.patch(
        f"{HISTORY}/{entry['id']}",
        json=values,
        headers={"If-Match": f'"{entry["version"]}"'},
    )


def entries(client: FlaskClient, customer: dict[str, Any], **args: Any) -> dict[str, Any]:
    response = client.get(HISTORY, query_string={"customer_id": customer["id"], **args})
    assert response.status_code == 200, response.json
    return response.json


def test_an_entry_is_shown_as_it_was_noted(
    client: FlaskClient, create: Callable, note: Callable, offer: Callable, told: Callable
) -> None:
    customer = create()
    offer(["5 % Rabatt"], ["Beschwerde"])
    told()

    entry = note(
        customer, date="24.12.2025", staff="AM", info="5 % rabatt", action="Beschwerde", text="a\nb"
    )

    assert {name: entry[name] for name in ("date", "staff", "info", "action", "text")} == {
        "date": "2025-12-24",
        "staff": "AM",
        "info": "5 % Rabatt",
        "action": "Beschwerde",
        "text": "a\nb",
    }
    assert (entry["customer_id"], entry["version"]) == (customer["id"], 1)
    assert (entry["created_by"], entry["operation_id"]) == ("Test", None)
    answer = client.get(f"{HISTORY}/{entry['id']}")
    assert (answer.json, answer.headers["ETag"]) == (entry, '"1"')
    [(name, event)] = told()
    assert name == "history_entry_added"
    assert (event["entry_id"], event["customer_id"]) == (entry["id"], customer["id"])
    assert (event["date"], event["info"]) == ("2025-12-24", "5 % Rabatt")


def test_what_an_entry_leaves_out_is_today_and_whoever_notes_it(client_for: Callable) -> None:
    client = client_for("customers", business_timezone="Pacific/Kiritimati")
    customer_id = client.post(BASE, json={"last_name": "Müller"}).json["id"]

    entry = client.post(f"{HISTORY}?customer_id={customer_id}", json={"text": "Anruf"}).json
    unsigned = client.post(HISTORY, json={"customer_id": customer_id, "staff": ""}).json

    today = datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    assert (entry["date"], entry["staff"]) == (today.isoformat(), "Test")
    assert unsigned["staff"] is None


def test_entries_know_their_place(client: FlaskClient, create: Callable, note: Callable) -> None:
    customer, other = create(), create()
    note(other)
    old = note(customer, date="2026-01-01")
    newest = note(customer, date="2026-03-01")
    first, second = (note(customer, date="2026-02-01", text=text) for text in "ab")
    in_order = [newest["id"], second["id"], first["id"], old["id"]]

    page = entries(client, customer, limit=3)
    rest = entries(client, customer, limit=3, cursor=page["next"])

    shown = [*page["items"], *rest["items"]]
    assert ids(shown) == in_order
    assert [(e["position"], e["total"]) for e in shown] == [(i, 4) for i in (1, 2, 3, 4)]
    assert [e["previous_id"] for e in shown] == [None, *in_order[:-1]]
    assert [e["next_id"] for e in shown] == [*in_order[1:], None]
    assert (page["total"], rest["total"], rest["next"]) == (4, 4, None)
    assert [read(client, e["id"]) for e in shown] == shown
    assert entries(client, create()) == {"items": [], "next": None, "total": 0}


def test_a_family_has_one_history(client: FlaskClient, create: Callable, note: Callable) -> None:
    a, b, c = (create(last_name=name) for name in ("Meier", "Maier", "Mayer"))
    noted = [note(one, date="2026-01-0" + str(i + 1)) for i, one in enumerate((a, b, c))]
    merge(client, b, a)
    merge(client, c, b)
    noted.append(note(a, date="2026-01-04"))

    for one in (a, b, c):
        page = entries(client, one)
        assert ids(page["items"]) == ids(noted[::-1])
        assert {entry["customer_id"] for entry in page["items"]} == {c["id"]}
    assert read(client, noted[0]["id"])["position"] == 4
    assert noted[3]["total"] == 4


def test_an_entry_is_changed_only_as_it_was_read(
    client: FlaskClient, create: Callable, note: Callable, told: Callable
) -> None:
    entry = note(create(), text="eins", staff="AM")
    told()

    unseen = client.patch(f"{HISTORY}/{entry['id']}", json={"text": "zwei"})
    changed = patch(client, entry, text="zwei", staff=None, date="1.2.2026")
    late = patch(client, entry, text="drei")
    nothing = patch(client, changed.json, text="zwei")

    assert (unseen.status_code, late.status_code) == (428, 412)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert (changed.json["text"], changed.json["staff"]) == ("zwei", None)
    assert (changed.json["date"], changed.json["created_at"]) == (
        "2026-02-01",
        entry["created_at"],
    )
    assert nothing.json == changed.json
    [(name, event)] = told()
    assert (name, event["version"], event["text"]) == ("history_entry_changed", 2, "zwei")


def test_an_entry_is_deleted_only_as_it_was_read(
    client: FlaskClient, create: Callable, note: Callable, told: Callable
) -> None:
    entry = note(create())
    told()
    address = f"{HISTORY}/{entry['id']}"

    assert client.delete(address).status_code == 428
    assert client.delete(address, headers={"If-Match": '"7"'}).status_code == 412
    assert client.delete(address, headers={"If-Match": '"1"'}).status_code == 204
    assert client.get(address).status_code == 404
    assert client.delete(address, headers={"If-Match": '"1"'}).status_code == 404
    assert patch(client, entry, text="x").status_code == 404
    [(name, event)] = told()
    assert (name, event["entry_id"], event["version"]) == (
        "history_entry_deleted",
        entry["id"],
        2,
    )


class TestChoices:
    def test_info_and_action_are_what_is_offered(
        self, client: FlaskClient, create: Callable, note: Callable, offer: Callable
    ) -> None:
        customer = create()
        offer(["Katalog"], ["Anruf", "Besuch"])

        refused = client.post(
            HISTORY,
            json={"customer_id": customer["id"], "info": "Anruf", "action": "Fax"},
            headers={"Accept-Language": "de"},
        )

        assert refused.status_code == 422
        assert sorted(refused.json["errors"]) == ["action", "info"]
        assert "Anruf, Besuch" in refused.json["errors"]["action"][0]

    def test_as_long_as_nobody_has_made_a_list_anything_may_be_written(
        self, client: FlaskClient, create: Callable
    ) -> None:
        path = f"{HISTORY}?customer_id={create()['id']}"

        noted = client.post(path, json={"info": "Beschwerde", "action": "5 % Rabatt"})

        assert noted.status_code == 201
        assert (noted.json["info"], noted.json["action"]) == ("Beschwerde", "5 % Rabatt")

    def test_an_entry_keeps_what_is_no_longer_offered(
        self, client: FlaskClient, create: Callable, note: Callable, offer: Callable
    ) -> None:
        customer = create()
        offer(["Katalog"], ["Anruf"])
        entry = note(customer, info="Katalog", action="Anruf")
        offer(["Prospekt"], [])

        saved = patch(client, entry, info="Katalog", action="Anruf", text="neu")
        back = patch(client, saved.json, info="Prospekt", action=None)

        assert (saved.status_code, saved.json["info"]) == (200, "Katalog")
        assert back.status_code == 200
        assert patch(client, back.json, info="Katalog").status_code == 422
        new = client.post(HISTORY, json={"customer_id": customer["id"], "info": "Katalog"})
        assert new.status_code == 422

    def test_the_offer_can_be_changed_as_it_was_read(self, client: FlaskClient) -> None:
        before = client.get(SETTINGS)
        body = {"infos": ["b", "a"], "actions": []}

        first = client.put(SETTINGS, json=body, headers={"If-Match": before.headers["ETag"]})
        late = client.put(SETTINGS, json=body, headers={"If-Match": before.headers["ETag"]})

        assert before.json == {"infos": [], "actions": [], "version": 1}
        assert (first.status_code, late.status_code) == (200, 412)
        assert client.get(SETTINGS).json == {**body, "version": 2}
        assert client.put(SETTINGS, json=body).json["version"] == 3

    @pytest.mark.parametrize(
        "wrong",
        [
            {"infos": ["a"]},
            {"infos": ["a", "A"], "actions": []},
            {"infos": [""], "actions": []},
            {"infos": [1], "actions": []},
            {"infos": ["x" * 201], "actions": []},
            {"infos": [str(i) for i in range(501)], "actions": []},
            {"infos": "a", "actions": []},
            {"infos": None, "actions": None},
        ],
    )
    def test_an_offer_that_makes_no_sense_is_refused(self, client: FlaskClient, wrong: Any) -> None:
        assert client.put(SETTINGS, json=wrong).status_code == 422


class TestOwnFields:
    def test_they_are_read_by_their_type_and_merged(
        self, client: FlaskClient, database: Database, create: Callable, note: Callable
    ) -> None:
        hear(
            database,
            defined("feld1", "history"),
            defined("feld5", "history", "yes_no"),
            defined("wert", "history", "decimal"),
        )

        entry = note(create(), attributes={"feld1": "x", "feld5": "ja", "wert": "1.234,5"})
        changed = patch(client, entry, attributes={"feld5": False, "wert": None}).json

        assert entry["attributes"] == {"feld1": "x", "feld5": True, "wert": "1234.50"}
        assert changed["attributes"] == {"feld1": "x", "feld5": False}

    def test_what_is_needed_is_demanded(
        self, client: FlaskClient, database: Database, create: Callable, note: Callable
    ) -> None:
        hear(database, defined("feld1", "history", required_staff=True))
        customer = create()

        refused = client.post(HISTORY, json={"customer_id": customer["id"], "text": "x"})
        entry = note(customer, attributes={"feld1": "x"})
        emptied = patch(client, entry, attributes={"feld1": None})

        assert (refused.status_code, emptied.status_code) == (422, 422)
        assert list(refused.json["errors"]) == ["attributes.feld1"]
        assert patch(client, entry, text="y").status_code == 200

    def test_values_outlive_their_definition(
        self, client: FlaskClient, database: Database, create: Callable, note: Callable
    ) -> None:
        definition = defined("feld1", "history")
        hear(database, definition)
        entry = note(create(), attributes={"feld1": "x"})
        hear(
            database,
            AttributeRemoved(
                attribute_id=definition.attribute_id, version=2, key="feld1", scope="history"
            ),
        )

        assert read(client, entry["id"])["attributes"] == {"feld1": "x"}
        saved = patch(client, entry, attributes={"feld1": "x"}, text="neu")
        assert (saved.status_code, saved.json["attributes"]) == (200, {"feld1": "x"})
        assert patch(client, saved.json, attributes={"feld1": "y"}).status_code == 422
        assert patch(client, saved.json, attributes={"feld1": None}).json["attributes"] == {}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"date": "31.2.2026"}, "date"),
        ({"date": None}, "date"),
        ({"date": 7}, "date"),
        ({"staff": "x" * 21}, "staff"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": "a\u0007"}, "text"),
        ({"info": 5}, "info"),
        ({"attributes": {"x": 1}}, "attributes.x"),
        ({"attributes": None}, "attributes"),
        ({"position": 1}, "position"),
        ({"customer_id": "x"}, "customer_id"),
        ({"customer_id": None}, "customer_id"),
    ],
)
def test_what_cannot_be_noted_is_named(
    client: FlaskClient, create: Callable, wrong: Any, field: str
) -> None:
    refused = client.post(HISTORY, json={"customer_id": create()["id"], **wrong})

    assert refused.status_code == 422, refused.json
    assert list(refused.json["errors"]) == [field]


def test_nobody_has_no_history(client: FlaskClient, create: Callable, note: Callable) -> None:
    erased = create()
    entry = note(erased)
    client.delete(f"{BASE}/{erased['id']}", headers={"If-Match": '"1"'})

    for customer_id in (erased["id"], str(new_id())):
        assert client.get(f"{HISTORY}?customer_id={customer_id}").status_code == 404
        assert client.post(HISTORY, json={"customer_id": customer_id}).status_code == 404
    assert client.get(f"{HISTORY}/{entry['id']}").status_code == 404
    assert client.get(HISTORY).status_code == 422
    assert client.post(HISTORY, json={"text": "x"}).status_code == 422


class TestManyAtOnce:
    def test_all_customers_of_a_selection_get_the_entry(
        self, client: FlaskClient, batch: Callable, offer: Callable, told: Callable
    ) -> None:
        people = batch(*({"last_name": "Müller", "city": str(i)} for i in range(3)))
        [other] = batch({"last_name": "Schmidt"})
        client.post(f"{BASE}/{people[2]['id']}/deactivate")
        offer(["Katalog"], [])
        told()
        body = {"selection": {"q": "mueller"}, "entry": {"info": "Katalog", "date": "1.2.2026"}}

        preview = client.post(f"{HISTORY}/batch", json={**body, "dry_run": True})
        assert (preview.status_code, preview.json) == (202, {"operation_id": None, "count": 2})
        assert told() == []

        answer = client.post(f"{HISTORY}/batch", json=body)

        assert (answer.status_code, answer.json["count"]) == (202, 2)
        operation = client.get(f"{OPERATIONS}/{answer.json['operation_id']}").json
        assert (operation["kind"], operation["state"]) == ("history_batch", "finished")
        assert (operation["count"], operation["done"]) == (2, 2)
        assert [name for name, _ in told()] == ["history_entry_added"] * 2
        for person in people[:2]:
            [entry] = entries(client, person)["items"]
            assert (entry["info"], entry["date"]) == ("Katalog", "2026-02-01")
            assert entry["operation_id"] == answer.json["operation_id"]
            assert (entry["staff"], entry["created_by"]) == ("Test", "Test")
        for person in (people[2], other):
            assert entries(client, person)["total"] == 0

    def test_it_is_taken_back_but_for_what_was_changed_since(
        self, client: FlaskClient, batch: Callable, note: Callable, told: Callable
    ) -> None:
        people = batch(*({"last_name": f"Kunde {i}"} for i in range(3)))
        own = note(people[0], text="von Hand")
        body = {"customer_ids": ids(people), "entry": {"text": "Katalog verschickt"}}
        operation_id = client.post(f"{HISTORY}/batch", json=body).json["operation_id"]
        [changed] = entries(client, people[1])["items"]
        patch(client, changed, text="Katalog abgeholt")
        told()

        undone = client.post(f"{OPERATIONS}/{operation_id}/undo")

        assert undone.status_code in (200, 202)
        operation = client.get(f"{OPERATIONS}/{operation_id}").json
        assert (operation["state"], operation["kept"]) == ("undone", 1)
        assert ids(entries(client, people[0])["items"]) == [own["id"]]
        assert ids(entries(client, people[1])["items"]) == [changed["id"]]
        assert entries(client, people[2])["total"] == 0
        assert [name for name, _ in told()] == ["history_entry_deleted"] * 2

    def test_who_was_merged_counts_as_who_they_are_and_nobody_counts_twice(
        self, client: FlaskClient, create: Callable
    ) -> None:
        survivor, loser, erased = (create(last_name=name) for name in ("A", "B", "C"))
        merge(client, survivor, loser)
        client.delete(f"{BASE}/{erased['id']}", headers={"If-Match": '"1"'})
        named = [*ids([survivor, loser, erased, survivor]), str(new_id())]

        answer = client.post(f"{HISTORY}/batch", json={"customer_ids": named, "entry": {}})

        assert answer.json["count"] == 1
        assert entries(client, survivor)["total"] == 1

    def test_more_than_one_piece_is_worked_off(
        self, client: FlaskClient, batch: Callable, database: Database
    ) -> None:
        people = batch(*({"last_name": f"Kunde {i}"} for i in range(1_200)))

        answer = client.post(f"{HISTORY}/batch", json={"selection": {}, "entry": {"text": "x"}})

        operation_id = answer.json["operation_id"]
        for _ in range(5):
            with database.transaction() as session:
                actions.OPERATIONS.work(session, UUID(operation_id))
        assert client.get(f"{OPERATIONS}/{operation_id}").json["state"] == "finished"
        with database.reading() as session:
            noted = session.scalars(select(history_entries.c.customer_id)).all()
        assert sorted(map(str, noted)) == sorted(ids(people))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"entry": {}},
            {"customer_ids": [], "selection": {}, "entry": {}},
            {"customer_ids": ["x"], "entry": {}},
            {"selection": {"name": "x"}, "entry": {}},
            {"selection": {"active": 1}, "entry": {}},
            {"selection": {}, "entry": {"info": "nicht da"}},
            {"selection": {}, "entry": {"customer_id": str(new_id())}},
            {"selection": {}, "entry": {"attributes": {"x": 1}}},
            {"selection": {}},
        ],
    )
    @pytest.mark.parametrize("dry_run", [True, False])
    def test_what_makes_no_sense_is_refused(
        self, client: FlaskClient, offer: Callable, wrong: Any, dry_run: bool
    ) -> None:
        offer(["da"], ["da"])

        refused = client.post(f"{HISTORY}/batch", json={**wrong, "dry_run": dry_run})

        assert refused.status_code == 422
        assert client.get(OPERATIONS).json["total"] == 0


def test_places_are_right_while_others_write(
    app_of: Callable[..., Flask], create: Callable, database: Database
) -> None:
    """Each answer is one moment: positions without gaps up to the total it names."""
    app = app_of("customers", pool_size=16)
    customer = create()

    def work(i: int) -> None:
        client = client_of(app, ("admin",))
        if i % 2:
            for day in range(1, 11):
                date = f"2026-{i:02}-{day:02}"
                noted = client.post(HISTORY, json={"customer_id": customer["id"], "date": date})
                assert noted.status_code == 201
                assert 1 <= noted.json["position"] <= noted.json["total"]
        else:
            for _ in range(10):
                page = entries(client, customer, limit=500)
                places = [(e["position"], e["total"]) for e in page["items"]]
                assert places == [(n + 1, len(places)) for n in range(len(places))]
                assert page["total"] == len(places)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, i) for i in range(8)]:
            done.result()

    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(history_entries)) == 40


def test_no_body_breaks_any_door_of_the_history(
    client: FlaskClient, create: Callable, note: Callable
) -> None:
    entry = note(create(), text="bleibt")
    doors = [
        ("POST", HISTORY),
        ("POST", f"{HISTORY}/batch"),
        ("PATCH", f"{HISTORY}/{entry['id']}"),
        ("PUT", SETTINGS),
    ]
    for name, body in BODIES.items():
        for method, path in doors:
            answer = client.open(
                path,
                method=method,
                data=body,
                content_type="application/json",
                headers={"If-Match": '"1"'},
            )
            nothing_said = method == "PATCH" and name == "nothing"
            assert answer.status_code in (400, 422) or nothing_said, (name, method, path)
    assert read(client, entry["id"])["version"] == 1


class TestInSelections:
    """Whatever stands in an entry finds the customers who have one like it."""

    @pytest.fixture
    def noted(self, create: Callable, note: Callable, database: Database) -> dict[str, Any]:
        hear(database, defined("feld_1", "history"), defined("feld_5", "history", "yes_no"))
        anna, bert, plain = (create(last_name=name) for name in ("Anna", "Bert", "Carla"))
        note(
            anna, date="2026-03-01", staff="mk", info="Rabatt", action="Anruf", text="Ärger im März"
        )
        note(anna, date="2026-05-01", attributes={"feld_1": "rot", "feld_5": True})
        note(bert, date="2026-05-02", staff="mk", info="Katalog", attributes={"feld_1": "blau"})
        return {"anna": anna, "bert": bert, "plain": plain}

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            ({"history_staff": "mk"}, {"anna", "bert"}),
            ({"history_info": "Rabatt"}, {"anna"}),
            ({"history_action": "Anruf", "history_info": "Rabatt"}, {"anna"}),
            ({"history_action": "Anruf", "history_info": "Katalog"}, set()),
            ({"history_since": "01.05.2026"}, {"anna", "bert"}),
            ({"history_since": "2026-05-02"}, {"bert"}),
            ({"history_until": "2026-03-01"}, {"anna"}),
            ({"history_text": "AERGER märz"}, {"anna"}),
            ({"history_text": "100%"}, set()),
            ({"history_attribute": "feld_1:blau"}, {"bert"}),
            ({"history_attribute": "feld_5:ja"}, {"anna"}),
            ({"history_attribute": ["feld_1:rot", "feld_5:ja"]}, {"anna"}),
            ({"history_attribute": ["feld_1:blau", "feld_5:ja"]}, set()),
        ],
    )
    def test_the_list_finds_them(
        self, client: FlaskClient, noted: dict[str, Any], wanted: dict[str, Any], found: set[str]
    ) -> None:
        page = client.get(BASE, query_string=wanted).json

        assert {c["id"] for c in page["items"]} == {noted[name]["id"] for name in found}
        assert page["total"] == len(found)

    def test_an_act_on_many_finds_the_same(
        self, client: FlaskClient, noted: dict[str, Any]
    ) -> None:
        history = {"staff": "mk", "since": "2026-05-01", "attributes": {"feld_1": "blau"}}
        body = {"selection": {"history": history}, "entry": {"text": "Post"}}

        begun = client.post(f"{HISTORY}/batch", json=body).json

        assert begun["count"] == 1
        entries = client.get(f"{HISTORY}?customer_id={noted['bert']['id']}").json["items"]
        assert [entry["text"] for entry in entries] == ["Post", None]

    def test_who_was_merged_is_found_as_the_survivor(
        self, client: FlaskClient, noted: dict[str, Any]
    ) -> None:
        one, two, three = (noted[name]["id"] for name in ("plain", "bert", "anna"))
        client.post(f"{BASE}/{two}/merge", json={"duplicates": [three]})
        client.post(f"{BASE}/{one}/merge", json={"duplicates": [two]})

        page = client.get(BASE, query_string={"history_info": "Rabatt"}).json

        assert [c["id"] for c in page["items"]] == [one]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"history_since": "gestern"},
            {"history_attribute": "feld_1"},
            {"history_attribute": "unbekannt:x"},
            {"history_attribute": "feld_5:vielleicht"},
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, client: FlaskClient, noted: dict[str, Any], wrong: dict[str, Any]
    ) -> None:
        assert client.get(BASE, query_string=wrong).status_code == 422
