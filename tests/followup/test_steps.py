"""A step's key is its name for good: no other step of the sequence ever has it."""

from __future__ import annotations

from datetime import timedelta

from alembic import command
from alembic.config import Config
from sqlalchemy import select, text

from services.followup.models import Sequence
from shared.db import Database, new_id, utcnow
from shared.db.migrate import ROOT

HTML = "<p>Hallo {{ customer.first_name }}</p>"


def step(subject, days=0, **fields):
    return {"subject": subject, "html": HTML, "delay": {"value": days, "unit": "days"}} | fields


def shown(world, sequence):
    return world.client.get(f"/api/v1/sequences/{sequence}").json


def change(world, sequence, steps):
    etag = {"If-Match": f'"{shown(world, sequence)["version"]}"'}
    path = f"/api/v1/sequences/{sequence}"
    return world.client.patch(path, json={"steps": steps}, headers=etag)


def keys(world, sequence):
    return [(s["key"], s["subject"]) for s in shown(world, sequence)["steps"]]


def in_use(world, *subjects):
    """A sequence of one mail a day, and somebody who has had the first."""
    group = world.group()
    sequence = world.sequence(group, steps=[step(s, min(n, 1)) for n, s in enumerate(subjects)])
    anna = world.customer(email="anna@example.de")
    world.join(anna, group)
    world.send()
    return group, sequence, anna


def test_deleting_a_step_renames_no_other_and_a_new_one_gets_a_new_key(world):
    _group, sequence, _anna = in_use(world, "Willkommen", "Tipps")
    first, second = shown(world, sequence)["steps"]
    assert (first["key"], second["key"]) == ("step-1", "step-2")

    assert change(world, sequence, [second]).status_code == 200
    assert keys(world, sequence) == [("step-2", "Tipps")]

    assert change(world, sequence, [step("Neu"), second, step("Noch eins", 3)]).status_code == 200
    assert keys(world, sequence) == [
        ("step-3", "Neu"), ("step-2", "Tipps"), ("step-4", "Noch eins")
    ]  # fmt: skip


def test_the_key_of_a_deleted_step_is_refused_once_somebody_has_been_on_it(world):
    _group, sequence, _anna = in_use(world, "Willkommen", "Tipps")
    first, second = shown(world, sequence)["steps"]
    change(world, sequence, [second])

    refused = change(world, sequence, [first, second])

    assert refused.status_code == 422
    assert "step-1" in str(refused.json["errors"]["steps"])
    assert keys(world, sequence) == [("step-2", "Tipps")]


def test_what_nobody_has_been_on_may_be_put_back(world):
    sequence = world.sequence(world.group(), steps=[step("Willkommen"), step("Tipps", 1)])
    first, second = shown(world, sequence)["steps"]
    change(world, sequence, [second])

    assert change(world, sequence, [first, second]).status_code == 200


def test_a_key_chosen_by_hand_is_not_given_to_another_step(world):
    given = [step("Willkommen", key="step-2"), step("Tipps", 1), step("Ende", 1)]
    sequence = world.sequence(world.group(), steps=given)

    assert [key for key, _ in keys(world, sequence)] == ["step-2", "step-1", "step-3"]


def test_who_had_a_deleted_step_gets_the_one_in_its_place(world):
    """Two rows that are one person: what either has had is left out, and nothing else."""
    group, sequence, anna = in_use(world, "Willkommen", "Tipps")
    _first, second = shown(world, sequence)["steps"]
    world.leave(anna, group)
    change(world, sequence, [step("Rabatt", 1), second])
    anni = world.customer(email="anni@example.de")
    world.join(anni, group)

    world.merge(anni, anna)
    for day in (1, 2):
        world.now = utcnow() + timedelta(days=day, minutes=day)
        world.send()

    sent = [mail["subject"] for mail in world.mails(sequence_id=sequence, state="sent")]
    assert sent == ["Willkommen", "Rabatt", "Tipps"]


def test_keys_that_were_given_by_place_are_never_given_again(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite3'}")
    config = Config()
    scripts = ROOT / "services" / "followup" / "migrations"
    config.set_main_option("script_location", str(scripts))
    sequence, former, present = new_id(), new_id(), new_id()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        ids = {"sequence": sequence.hex, "former": former.hex, "present": present.hex}
        connection.execute(
            text(
                "INSERT INTO sequences (id, version, name, state, purpose, include_subgroups,"
                " start_groups, excluding_groups, sender, sending_window, timezone, policies,"
                " version_id, created_at, updated_at) VALUES (:sequence, 2, 'Alt', 'active',"
                " 'service', 0, '[]', '[]', '{}', '{}', 'Europe/Berlin', '{}', :present,"
                " '2026-01-01', '2026-01-01')"
            ),
            ids,
        )
        connection.execute(
            text(
                "INSERT INTO sequence_versions (id, sequence_id, number, steps, created_at) VALUES"
                """ (:former, :sequence, 1, '[{"key": "step-1"}, {"key": "step-2"}]', '2026-01-01'),"""
                """ (:present, :sequence, 2, '[{"key": "step-1"}, {"key": "x"}]', '2026-01-01')"""
            ),
            ids,
        )
        connection.commit()

    database.migrate("followup")

    with database.reading() as session:
        found = session.execute(select(Sequence.keys_given, Sequence.retired_keys)).one()
    assert tuple(found) == (2, ["step-2"])
    database.dispose()
