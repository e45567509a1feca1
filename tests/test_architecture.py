"""Structure: what the layout promises, checked on the files themselves."""

from __future__ import annotations

import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from shared.events import EVENTS, SUBSCRIPTIONS
from tests import structure
from tests.structure import ROOT, SERVICES

MOST_LINES = 300

# Told for whoever connects; no service of ours needs to hear them. Whoever subscribes takes the name out.
UNHEARD = {
    "followup.sequence_ended", "importer.export_finished",
    "importer.import_finished", "importer.import_undone",
}  # fmt: skip

CONTRACT = {
    "customers": "CustomerRegistered CustomerChanged CustomerDeactivated CustomerReactivated "
    "CustomersMerged MergeUndone CustomerErased OptInRequested OptInConfirmed OptInRevoked "
    "ActivityRecorded HistoryEntryAdded HistoryEntryChanged HistoryEntryDeleted",
    "groups": "GroupCreated GroupChanged GroupDeleted CustomerAddedToGroup "
    "CustomerRemovedFromGroup AttributeDefined AttributeRemoved CustomerAttributesChanged "
    "FormSubmitted",
    "importer": "ImportFinished ImportUndone ExportFinished",
    "followup": "SequenceStarted SequenceEnded MailSent MailFailed MailBounced Unsubscribed "
    "OptInAccepted",
}

# One letter in brackets: this file must not contain what it looks for.
NOT_IN_THE_PROJECT = {
    "a registry's host": r"https?://[a-z0-9.-]*(py[p]i|python[h]osted|npm[j]s|deb[i]an)\.[a-z]",
    "a path of one machine": r"(?<![\w.$}-])/(ro[o]t|ho[m]e/\w+|wo[r]k)/[a-z]",
    "something unfinished": r"\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b|NotImplemented[E]rror",
    "a secret": r"BEGIN (RSA |EC |OPENSSH )?PRIVATE [K]EY",
}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_make_without_a_goal_lists_the_commands() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    for goal in ("setup", "demo", "run", "test", "check", "bench", "up", "down", "faults"):
        assert f"make {goal}" in shown


def test_every_room_imports_only_what_it_may() -> None:
    assert structure.broken_rules() == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("services/groups/api.py", "from sqlalchemy.orm import Session"),
        ("services/groups/api/groups.py", "from services.groups import handlers"),
        ("services/groups/actions.py", "import os"),
        ("services/groups/actions/members.py", "def f():\n    from flask import request"),
        ("services/groups/handlers.py", "import kombu.mixins"),
        ("services/groups/models.py", "from shared.events.groups import GroupCreated"),
        ("services/groups/schemas.py", "import services.groups.models as m"),
        ("services/groups/selection.py", "from services.customers.models import Customer"),
        ("services/groups/selection.py", "from services import followup"),
        ("services/groups/config.py", "import deploy.embedded"),
        ("shared/db/engine.py", "from services.groups.models import Group"),
    ],
)
def test_an_import_that_the_layout_forbids_is_found(module: str, line: str, tmp_path: Path) -> None:
    (tmp_path / module).parent.mkdir(parents=True)
    (tmp_path / module).write_text(line)

    [found] = structure.broken_rules(tmp_path)

    assert found.startswith(module)


def test_no_service_speaks_to_the_broker_itself() -> None:
    speakers = {
        str(found)
        for module in structure.modules()
        for found in structure.imports(module)
        if any(found.within(library) for library in ("kombu", "amqp", "pika"))
    }

    assert speakers
    assert [speaker for speaker in speakers if not speaker.startswith("shared/")] == []


def test_one_module_knows_smtp() -> None:
    knows = {
        str(found.module)
        for module in structure.modules()
        for found in structure.imports(module)
        if found.within("smtplib") or found.within("aiosmtplib")
    }

    assert len(knows) <= 1, knows


def test_no_module_outgrows_a_screenful_of_screens() -> None:
    lengths = {
        str(module): len((ROOT / module).read_text().splitlines()) for module in structure.modules()
    }

    assert {name: n for name, n in lengths.items() if n > MOST_LINES} == {}


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_its_name_plate(service: str) -> None:
    plate = import_module(f"services.{service}").__doc__ or ""

    for word in ("Owns", "Publishes", "Subscribes to"):
        assert word in plate


@pytest.mark.parametrize("service", CONTRACT)
def test_the_catalogue_has_every_event_of_the_contract(service: str) -> None:
    told = {event.__name__: event for event in EVENTS.values()}

    for name in CONTRACT[service].split():
        assert told[name].name == f"{service}.{snake(name)}"


def test_every_event_is_heard_or_declared_unheard() -> None:
    heard = {event.name for events in SUBSCRIPTIONS.values() for event in events}

    assert set(EVENTS) - heard - UNHEARD == set()
    assert set(EVENTS) >= UNHEARD


@pytest.mark.parametrize("service", SUBSCRIPTIONS)
def test_a_service_handles_exactly_what_it_subscribes_to(service: str) -> None:
    handlers = import_module(f"services.{service}.handlers").HANDLERS

    assert set(handlers) == set(SUBSCRIPTIONS[service])
    for event, handler in handlers.items():
        assert handler.__name__ == f"on_{snake(event.__name__)}"


def tellers(name: str) -> set[str]:
    return {
        module.parts[1]
        for module in structure.modules()
        if module.parts[0] == "services" and structure.tells(module, EVENTS[name])
    }


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_told_by_its_owner_alone(name: str) -> None:
    assert tellers(name) == {name.partition(".")[0]}


# Not for whoever runs the system: set by the container of a role, and what kills a process in fault tests.
NOT_FOR_OPERATORS = {"SERVICE", "PORT", "CRASH_AT"}


def offered() -> dict[str, str]:
    """Name and value of every variable in `.env.example`."""
    text = (ROOT / ".env.example").read_text()
    return dict(re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", text, re.MULTILINE))


def read_by_services() -> dict[str, object]:
    """Every variable that settings read, with its default."""
    found: dict[str, object] = {}
    for config in sorted((ROOT / "services").glob("*/config.py")):
        settings = import_module(f"services.{config.parent.name}.config").Settings
        for name, field in settings.model_fields.items():
            found[str(field.validation_alias or name).upper()] = field.default
    return found


def all_read() -> set[str]:
    read = set(read_by_services())
    for module in structure.modules():
        read |= structure.environment_reads(module)
    for composed in ROOT.glob("docker-compose*.yml"):
        read |= set(re.findall(r"\$\{([A-Z][A-Z0-9_]+)", composed.read_text()))
    return read


def test_every_variable_is_explained_in_the_example() -> None:
    assert sorted(all_read() - set(offered()) - NOT_FOR_OPERATORS) == []


def test_the_example_offers_no_variable_that_nobody_reads() -> None:
    assert sorted(set(offered()) - all_read()) == []


def test_the_example_shows_the_defaults() -> None:
    shown = offered()
    wrong = {
        name: shown[name]
        for name, default in read_by_services().items()
        if isinstance(default, str | int | Path) and shown.get(name, str(default)) != str(default)
    }

    assert wrong == {}


def test_nothing_in_the_project_speaks_of_the_world_around_it() -> None:
    found = []
    for path in structure.files():
        name = str(path.relative_to(ROOT))
        if "/vendor/" in name or path.suffix in {".png", ".woff2", ".xlsx", ".xls", ".ods", ".pdf"}:
            continue
        text = path.read_text(errors="replace")
        for what, pattern in NOT_IN_THE_PROJECT.items():
            for match in re.finditer(pattern, text):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{name}:{line} has {what}: {match[0]}")

    assert found == []
