"""Acts of one service on those whom only another knows."""

from __future__ import annotations

from typing import Any

from services.customers.worker import work_on_operations


def test_a_note_for_all_whom_a_selection_means_is_made_and_taken_back(system: Any) -> None:
    """The selection asks for a group and a city: the act waits for the answer, and then is done."""
    http = system.http

    def post(path: str, body: Any) -> dict[str, Any]:
        answer = http.post(f"/api/v1{path}", json=body)
        assert answer.status_code in (200, 201, 202), answer.text
        return dict(answer.json())

    def operation() -> dict[str, Any]:
        return dict(http.get(f"/api/v1/operations/{begun['operation_id']}").json())

    def noted() -> list[int]:
        return [http.get(f"/api/v1/history?customer_id={id_}").json()["total"] for id_ in people]

    people = [
        post("/customers", {"last_name": name, "city": city})["id"]
        for name, city in (("Adler", "Köln"), ("Busch", "Köln"), ("Conrad", "Bonn"))
    ]
    group = post("/groups", {"name": "Treffen"})["id"]
    post(f"/groups/{group}/members", {"customer_ids": [people[0], people[2]]})
    system.drain()
    wanted = {"all": [{"group": "Treffen"}, {"field": "city", "op": "eq", "value": "köln"}]}
    saved = post("/selections", {"name": "Kölner Treffen", "filter": wanted})

    begun = post(
        "/history/batch",
        {"selection": {"selection_id": saved["id"]}, "entry": {"text": "Einladung"}},
    )
    assert operation()["state"] == "selecting"
    system.drain()
    while work_on_operations(system.database_for("customers")):
        pass

    assert (operation()["state"], operation()["count"]) == ("finished", 1)
    assert noted() == [1, 0, 0]
    post(f"/operations/{begun['operation_id']}/undo", None)
    assert noted() == [0, 0, 0]

    begun = post(
        "/customers/deactivate", {"selection": {"filter": {"group": "Nirgends"}}, "dry_run": True}
    )
    system.drain()
    assert operation()["state"] == "failed"
    assert "group" in operation()["failure"]
