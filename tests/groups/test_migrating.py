"""An installation that has its own history fields keeps them, and tells them to those who now keep a copy."""

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from shared.db import Database, new_id
from shared.db.migrate import ROOT
from shared.outbox import waiting

DEFINED = text(
    "INSERT INTO attributes (id, scope, key, label, type, required_staff, required_form, choices, help, "
    "position, origin, version, created_at, updated_at) VALUES (:id, :scope, :key, :label, 'text', "
    "true, false, '[]', 'Hilfe', 3, 'local', 7, '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
)

GROUP = text(
    "INSERT INTO groups (id, parent_id, name, path, path_hash, path_sort, description, topic, default_for, "
    "origin, version, created_at, updated_at) VALUES (:id, :parent, :name, :path, :path, :path, "
    ":description, :topic, '[]', 'local', 4, '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
)


def at_release(tmp_path, revision="0001") -> Database:
    database = Database(f"sqlite:///{tmp_path / 'groups.sqlite3'}")
    config = Config()
    config.set_main_option("script_location", str(ROOT / "services" / "groups" / "migrations"))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    return database


def define(database, scope, key):
    with database.transaction() as session:
        label = f'{{"de": "{key}", "en": "{key}"}}'
        session.execute(DEFINED, {"id": new_id().hex, "scope": scope, "key": key, "label": label})


def told_by(database):
    database.migrate("groups")
    with database.reading() as session:
        return [message.body for message in waiting(session)]


def test_own_fields_stay_and_are_told(tmp_path):
    database = at_release(tmp_path)
    for scope in ("history", "booking", "customer"):
        define(database, scope, f"von_{scope}")

    told = told_by(database)

    assert [(e["key"], e["version"], e["required_staff"], e["help"]) for e in told] == [
        ("von_booking", 7, True, "Hilfe"),
        ("von_history", 7, True, "Hilfe"),
    ]
    database.dispose()


def test_without_own_fields_there_are_six(tmp_path):
    database = at_release(tmp_path)
    define(database, "customer", "beruf")

    told = told_by(database)

    assert [e["key"] for e in told] == [f"feld_{number}" for number in range(1, 7)]
    database.dispose()


def test_topics_are_told_anew_with_what_they_are_about(tmp_path):
    database = at_release(tmp_path, "0006")
    above, topic = new_id(), new_id()
    with database.transaction() as session:
        for group_id, parent, path, is_topic in (
            (above, None, "Post", False), (topic, above, "Post/Kurse", True),
        ):  # fmt: skip
            session.execute(
                GROUP,
                {
                    "id": group_id.hex, "parent": parent and parent.hex, "path": path,
                    "name": path.rpartition("/")[2], "topic": is_topic,
                    "description": "Alle Kurse" if is_topic else "",
                },
            )  # fmt: skip
        session.execute(
            text("INSERT INTO group_ancestors (group_id, ancestor_id, depth) VALUES (:g, :a, 1)"),
            {"g": topic.hex, "a": above.hex},
        )

    [told] = [event for event in told_by(database) if "group_name" in event]

    assert (told["group_id"], told["version"], told["topic"]) == (str(topic), 5, True)
    assert (told["path"], told["description"]) == ("Post/Kurse", "Alle Kurse")
    assert told["ancestor_ids"] == [str(above)]
    with database.reading() as session:
        versions = session.execute(text("SELECT version FROM groups ORDER BY path")).all()
    assert [row[0] for row in versions] == [4, 5]
    database.dispose()
