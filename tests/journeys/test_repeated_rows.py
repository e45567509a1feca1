"""Lists in which one person stands twice, or a row means two: all services, both databases."""

from __future__ import annotations

import json
from typing import Any

import pytest


def brought(system, content: str, **options: Any) -> Any:
    arrived = system.http.post(
        "/api/v1/imports",
        files={"file": ("liste.csv", content.encode())},
        data={"options": json.dumps(options)},
    )
    assert arrived.status_code == 201, arrived.text
    return arrived.json()


def run(system, found: Any) -> Any:
    started = system.http.post(f"/api/v1/imports/{found['id']}/start")
    assert started.status_code == 202, started.text
    system.settle()
    return system.http.get(f"/api/v1/imports/{found['id']}").json()


def customers(system) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = system.http.get(
        "/api/v1/customers", params={"active": "all", "sort": "number"}
    ).json()["items"]
    return found


@pytest.fixture
def two_people(system):
    run(system, brought(system, "Nachname;E-Mail\nMeier;m@example.com\nHuber;h@example.com\n"))
    return customers(system)


@pytest.mark.parametrize("key", ["id", "number", "email"])
def test_the_later_of_two_rows_wins_and_the_preview_says_so(system, two_people, key):
    meier = two_people[0]
    heading = {"id": "Id", "number": "Kundennummer", "email": "E-Mail"}[key]
    found = brought(
        system, f"{heading};Nachname;Ort\n{meier[key]};Meyer;Bonn\n{meier[key]};Mayer;Ulm\n"
    )

    preview = system.http.post(f"/api/v1/imports/{found['id']}/preview").json()
    progress = run(system, found)["progress"]

    assert (preview["would"]["update"], preview["repeated"]) == (2, 1)
    assert (progress["updated"], progress["created"], progress["failed"]) == (2, 0, 0)
    stored = system.http.get(f"/api/v1/customers/{meier['id']}").json()
    assert (stored["last_name"], stored["city"]) == ("Mayer", "Ulm")


def test_a_row_that_means_two_people_is_refused_and_names_both(system, two_people):
    meier, huber = two_people
    found = brought(system, f"Kundennummer;E-Mail;Ort\n{meier['number']};{huber['email']};Bonn\n")

    preview = system.http.post(f"/api/v1/imports/{found['id']}/preview").json()
    ended = run(system, found)

    assert preview["would"]["conflict"] == ended["progress"]["conflicts"] == 1
    assert all(one["city"] is None for one in customers(system))
    error_file = system.http.get(f"/api/v1/imports/{found['id']}/errors.csv").text
    assert meier["id"] in error_file
    assert huber["id"] in error_file
    assert preview["problems"][0]["reason"].count(meier["id"]) == 1


def test_a_list_of_another_program_comes_in_whole(system):
    ended = run(
        system,
        brought(
            system,
            "First Name,Last Name,Labels,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Value,"
            "Address 1 - Formatted\n"
            "Anna,Meier,* myContacts ::: Reisen,anna@example.com,Mobile,0171 4567890,030 1234567,"
            '"Hauptstr. 5\n10115 Berlin\nDE"\n',
        ),
    )

    assert ended["progress"]["created"] == 1, ended
    [anna] = customers(system)
    assert (anna["phone"], anna["mobile"]) == ("030 1234567", "0171 4567890")
    assert (anna["street"], anna["postal_code"], anna["city"], anna["country"]) == (
        "Hauptstr. 5", "10115", "Berlin", "DE",
    )  # fmt: skip
    assert [group["path"] for group in system.http.get("/api/v1/groups").json()["items"]] == [
        "Reisen"
    ]


@pytest.mark.parametrize("name", ["Wellness; Spa", "R&R", "Müller, Meier & Co"])
def test_groups_keep_their_names_whatever_is_in_them(system, name):
    made = system.http.post("/api/v1/groups", json={"name": name})
    assert made.status_code == 201, made.text

    run(system, brought(system, f'Nachname;Tags\nMeier;"{name.upper()}"\n'))

    [group] = system.http.get("/api/v1/groups").json()["items"]
    assert (group["name"], group["member_count"]) == (name, 1)
