"""What a preview says an import would start is what it then starts: all services, both databases."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

HEADING = "Vorname;Nachname;E-Mail;Aktiv;OptIn bestätigt;Gruppen"
LATER = {"key": "erste", "delay": {"value": 1, "unit": "days"}, "subject": "Hallo",
         "text": "Hallo {{ unsubscribe_url }}"}  # fmt: skip
NOT_ENROLLED = ("already_in", "been_through", "excluded_group")


class Office:
    """The business before the import: customers of all kinds, and three sequences."""

    def __init__(self, system: Any) -> None:
        self.system = system
        for path in ("Reise", "Stamm", "Firmen", "Gesperrt"):
            self.send("/groups", {"name": path}, 201)
        self.news = self.sequence(
            "Neues", "newsletter", ["Reise"], include_subgroups=True, excluding_groups=["Gesperrt"]
        )
        self.once = self.sequence(
            "Einmal", "service", ["Stamm", "Firmen"], policies={"on_inactive": "stop"}
        )
        self.again = self.sequence(
            "Immer", "service", ["Stamm"], policies={"reentry": "always", "on_leave": "stop"}
        )
        self.breaks = self.sequence("Pause", "service", ["Stamm"], policies={"on_leave": "pause"})

    def send(self, path: str, body: Any, expected: int = 200) -> Any:
        answer = self.system.http.post(f"/api/v1{path}", json=body)
        assert answer.status_code == expected, answer.text
        return answer.json()

    def all(self, path: str, **asked: str) -> list[dict[str, Any]]:
        answer = self.system.http.get(f"/api/v1{path}", params={"limit": "500", **asked})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def sequence(self, name: str, purpose: str, groups: list[str], **fields: Any) -> str:
        ids = {group["path"]: group["id"] for group in self.all("/groups")}
        self.system.drain()
        drawn = {
            "name": name,
            "purpose": purpose,
            "start_groups": [ids[path] for path in groups],
            "include_subgroups": False,
            "steps": [LATER],
            **fields,
            "excluding_groups": [ids[path] for path in fields.get("excluding_groups", ())],
        }
        made = self.send("/sequences", drawn, 201)
        self.send(f"/sequences/{made['id']}/activate", {})
        return str(made["id"])

    def customer(self, name: str, *groups: str, opt_in: str = "") -> str:
        fields = {"last_name": name, "email": f"{name}@example.org".lower()}
        customer_id = str(self.send("/customers", fields, 201)["id"])
        for action in filter(None, opt_in.split()):
            self.send(f"/customers/{customer_id}/opt-in", {"action": action, "evidence": "Karte"})
        self.groups(customer_id, *groups)
        return customer_id

    def deactivate(self, customer_id: str) -> None:
        address = f"/api/v1/customers/{customer_id}"
        version = self.system.http.get(address).headers["ETag"]
        answer = self.system.http.patch(
            address, json={"active": False}, headers={"If-Match": version}
        )
        assert answer.status_code == 200, answer.text

    def groups(self, customer_id: str, *paths: str, leave: bool = False) -> None:
        ids = {group["path"]: group["id"] for group in self.all("/groups")}
        for path in paths:
            address = f"/api/v1/groups/{ids[path]}/members/{customer_id}"
            answer = (self.system.http.delete if leave else self.system.http.put)(address)
            assert answer.status_code == 204, answer.text
        self.system.settle()

    def upload(self, *lines: str, **options: Any) -> str:
        content = "\r\n".join((HEADING, *lines)).encode()
        answer = self.system.http.post(
            "/api/v1/imports",
            files={"file": ("neue.csv", content)},
            data={"options": json.dumps({"opt_in_evidence": "Messeliste", **options})},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def preview(self, import_id: str) -> Any:
        return self.send(f"/imports/{import_id}/preview", None)["impact"]

    def ways(self) -> dict[str, dict[str, Any]]:
        return {way["id"]: way for way in self.all("/enrolments")}

    def run(self, import_id: str) -> dict[str, dict[str, Any]]:
        """Import, and return by sequence what that has started, as a preview says it."""
        before = self.ways()
        self.send(f"/imports/{import_id}/start", None, 202)
        self.system.settle()
        found: dict[str, dict[str, Any]] = {}
        for id_, way in self.ways().items():
            was = before.get(id_)
            if was is not None and was["state"] == way["state"]:
                continue
            told = found.setdefault(way["sequence_id"], {"counts": Counter(), "blocked": Counter()})
            if was is not None:
                assert (was["reason"], way["state"]) == ("left_group", "active")
                told["counts"]["would_go_on"] += 1
            elif way["state"] == "active":
                told["counts"]["would_start"] += 1
            elif way["reason"] == "no_consent":
                told["counts"]["waiting_for_consent"] += 1
            else:
                told["blocked"][way["reason"]] += 1
        return found


@pytest.fixture
def office(system: Any) -> Office:
    return Office(system)


def full_of_cases(office: Office) -> list[str]:
    """Return lines about customers of all kinds."""
    office.customer("Ja", opt_in="confirm")
    office.customer("Nein")
    office.customer("Widerrufen", opt_in="confirm revoke")
    office.customer("Gemieden", "Gesperrt", opt_in="confirm")
    still = office.customer("Still", opt_in="confirm")
    office.deactivate(still)
    office.customer("Drin", "Stamm")
    back = office.customer("Zurueck", "Stamm")
    office.groups(back, "Stamm", leave=True)
    for address in ("ja2@example.org", "neu4@example.org"):
        office.send("/suppressions", {"email": address}, 201)
    office.customer("Ja2", opt_in="confirm")
    office.system.settle()
    return [
        ";Ja;ja@example.org;;;Reise|Stamm",
        ";Nein;nein@example.org;;;Reise/Griechenland",
        ";Widerrufen;widerrufen@example.org;;01.02.2024;Reise",
        ";Gemieden;gemieden@example.org;;;Reise|Stamm",
        ";Still;still@example.org;;;Reise|Stamm",
        ";Drin;drin@example.org;;;Stamm|Firmen",
        ";Zurueck;zurueck@example.org;;;Stamm",
        ";Ja2;ja2@example.org;;;Reise|Stamm",
        ";Neu1;neu1@example.org;;01.02.2024;Reise/Kreta",
        ";Neu2;neu2@example.org;;;Reise|Firmen",
        ";Neu2;NEU2@example.org;;01.02.2024;Stamm",
        ";Neu3;;;;Reise|Stamm",
        ";Neu4;neu4@example.org;;01.02.2024;Reise",
        ";Neu5;neu5@example.org;nein;01.02.2024;Reise|Stamm",
        ";Neu6;neu6@example.org;;01.02.2024;Reise|Gesperrt",
        ";Neu7;neu7@example.org;;;Woanders",
        "Neu8;kein-at;kein-at;;;Stamm",
    ]


def test_what_a_preview_says_would_start_is_what_starts(office):
    import_id = office.upload(*full_of_cases(office))

    said = office.preview(import_id)
    assert (said["sequences_problem"], said["start_sequences"]) == (None, "yes")
    started = office.run(import_id)

    assert {one["id"] for one in said["sequences"]} == {
        office.news, office.once, office.again, office.breaks,
    }  # fmt: skip
    for one in said["sequences"]:
        found = started[one["id"]]
        for name in ("would_start", "waiting_for_consent", "would_go_on"):
            assert one[name] == found["counts"][name], (one, found)
        enrolled = {k: n for k, n in one["blocked"].items() if k not in NOT_ENROLLED}
        assert enrolled == found["blocked"], (one, found)
        counts = (one["would_start"], one["waiting_for_consent"], one["would_go_on"])
        assert one["would_join"] == sum(counts) + sum(one["blocked"].values())
    by_name = {one["name"]: one for one in said["sequences"]}
    assert by_name["Neues"]["blocked"]["excluded_group"] == 2
    assert by_name["Einmal"]["blocked"] == {
        "already_in": 1, "been_through": 1, "inactive": 2, "manual": 1, "no_address": 1,
    }  # fmt: skip
    assert by_name["Pause"]["would_go_on"] == 1
    assert said["first_mails"] == sum(one["would_start"] for one in said["sequences"])
    assert said["groups_new"] == 3


def test_the_same_list_again_would_start_nothing(office):
    # Who has no e-mail address is not found again.
    lines = [line for line in full_of_cases(office) if "Neu3" not in line]
    office.run(office.upload(*lines))

    said = office.preview(office.upload(*lines))

    assert (said["would_join"], said["would_start"], said["sequences"]) == (0, 0, [])


def test_not_to_start_is_said_with_what_it_keeps_back(office):
    import_id = office.upload(";Neu;neu@example.org;;;Firmen", start_sequences="no")

    said = office.preview(import_id)

    [once] = said["sequences"]
    assert (said["would_start"], said["first_mails"], once["would_start"]) == (0, 1, 0)
    assert once["blocked"] == {"start_sequences_no": 1}
    assert office.run(import_id) == {}


def test_many_first_mails_are_better_spread(office):
    few = [f";Neu{n};neu{n}@example.org;;;Firmen" for n in range(300)]
    assert office.preview(office.upload(*few))["recommended"] == "yes"

    said = office.preview(office.upload(*few, ";Noch;noch@example.org;;;Firmen"))

    assert (said["first_mails"], said["recommended"]) == (301, "spread")


def test_groups_that_are_not_to_be_created_start_nothing(office):
    options = {"groups": {"create_missing": False}}

    said = office.preview(office.upload(";N;n@example.org;;01.02.2024;Reise/Neu", **options))

    assert (said["would_join"], said["sequences"]) == (0, [])
