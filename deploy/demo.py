"""The demonstration: a travel agency's customer list comes in, mails go out."""

from __future__ import annotations

import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy.importing import Refused, checked, import_through

FILE = Path(__file__).resolve().parents[1] / "examples" / "kundenliste.csv"
START_GROUP = "Reiseangebote"
SEQUENCE = "Reisepost"
EVIDENCE = "Anmeldekarte im Reisebüro, Unterschrift liegt vor (Ordner Einwilligungen)"
PATIENCE_S = 120
ATTRIBUTES: tuple[dict[str, Any], ...] = (
    {
        "key": "reisebudget",
        "type": "decimal",
        "label": {"de": "Reisebudget", "en": "Travel budget"},
    },
    {
        "key": "reisestil",
        "type": "choice",
        "label": {"de": "Reisestil", "en": "Travel style"},
        "choices": ["Strand", "Kultur", "Aktiv", "Luxus", "Familie"],
    },
    {"key": "letzte_reise", "type": "date", "label": {"de": "Letzte Reise", "en": "Last journey"}},
    {
        "key": "vielflieger",
        "type": "yes_no",
        "label": {"de": "Vielflieger", "en": "Frequent flyer"},
    },
)
WELCOME = """
<p>{{ salutation }},</p>
<p>schön, dass Sie sich für <strong>{{ group.name }}</strong> interessieren. Unser Katalog ist da: von der
Ferienwohnung bis zur geführten Rundreise. Was dürfen wir Ihnen heraussuchen?</p>
<p>Herzliche Grüße<br>{{ business.name }}</p>
<p><a href="{{ unsubscribe_url }}">Keine Reisepost mehr</a></p>
"""
REMINDER = """
<p>{{ salutation }},</p>
<p>haben Sie schon Pläne? Bis Ende des Monats sind bei {{ group.name }} viele Abflüge noch zum
Frühbucherpreis zu haben. Ein Anruf genügt.</p>
<p>Herzliche Grüße<br>{{ business.name }}</p>
<p><a href="{{ unsubscribe_url }}">Keine Reisepost mehr</a></p>
"""
STEPS = [
    {
        "key": "willkommen",
        "delay": {"value": 0, "unit": "minutes"},
        "subject": "{{ group.name }}: Ihr Katalog, {{ customer.first_name }}",
        "html": WELCOME,
    },
    {
        "key": "erinnerung",
        "delay": {"value": 3, "unit": "days"},
        "at": "09:00",
        "subject": "Noch zum Frühbucherpreis: {{ group.name }}",
        "html": REMINDER,
    },
]


def set_up(api: httpx.Client, console: Console) -> str:
    """Define attributes, the start group and an active sequence where they are missing.

    Return the sequence's id.
    """
    known = {a["key"] for a in checked(api.get("/api/v1/attributes"))["items"]}
    for attribute in ATTRIBUTES:
        if attribute["key"] not in known:
            checked(api.post("/api/v1/attributes", json={**attribute, "scope": "customer"}))
    group = _start_group(api)
    for sequence in checked(api.get("/api/v1/sequences"))["items"]:
        if sequence["name"] == SEQUENCE:
            return str(sequence["id"])
    sequence = checked(
        api.post(
            "/api/v1/sequences",
            json={
                "name": SEQUENCE,
                "purpose": "newsletter",
                "start_groups": [group["id"]],
                "include_subgroups": True,
                "steps": STEPS,
            },
        )
    )
    checked(
        api.post(
            f"/api/v1/sequences/{sequence['id']}/activate", json={"existing_members": "ignore"}
        )
    )
    console.print(
        f"Sequence [bold]{SEQUENCE}[/] is active: who enters {START_GROUP} or a group below it, and "
        f"allows newsletters, gets {len(STEPS)} mails."
    )
    return str(sequence["id"])


def tell_groups(api: httpx.Client, console: Console) -> None:
    """Show which customers are in which group."""
    table = Table(title="Who entered which group", title_justify="left")
    for heading in ("Group", "Members", "Some of them"):
        table.add_column(heading)
    groups = checked(api.get("/api/v1/groups", params={"limit": 500}))["items"]
    for group in sorted(groups, key=lambda g: str(g["path"])):
        found = checked(api.get("/api/v1/customers", params={"group": group["id"], "limit": 4}))
        names = ", ".join(_name(customer) for customer in found["items"])
        table.add_row(group["path"], str(group["member_count"]), names)
    console.print(table)


def tell_mails(api: httpx.Client, sequence_id: str, console: Console) -> None:
    """Show what became of the mails of the sequence."""
    waiting = _count(api, "/api/v1/enrolments", sequence_id, "waiting_for_consent")
    paused = _count(api, "/api/v1/enrolments", sequence_id, "paused")
    planned = _count(api, "/api/v1/mails", sequence_id, "due")
    sent = checked(
        api.get("/api/v1/mails", params={"sequence_id": sequence_id, "state": "sent", "limit": 10})
    )
    table = Table(title="Some of the mails that left", title_justify="left")
    for heading in ("To", "Subject", "Sent (UTC)"):
        table.add_column(heading)
    for mail in sent["items"]:
        customer = checked(api.get(f"/api/v1/customers/{mail['customer_id']}"))
        table.add_row(customer["email"], mail["subject"], mail["sent_at"][:19])
    console.print(table)
    console.print(
        f"{sent['total']} mails sent, {planned} more are planned for later; {waiting} customers have not "
        f"allowed newsletters and get none before they do; {paused} are inactive."
    )


def show_newest_mail(mailbox: Path, console: Console) -> None:
    """Show one mail in full, as it lies in the local mailbox."""
    files = sorted(mailbox.glob("*/*"), key=lambda path: path.stat().st_mtime)
    if not files:
        console.print("The local mailbox is empty.")
        return
    mail = message_from_bytes(files[-1].read_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    headers = "\n".join(f"{name}: {value}" for name, value in mail.items())
    parts = [
        f"── {part.get_content_type()} ──\n{part.get_content()}"
        for part in mail.walk()
        if part.get_content_maintype() == "text"
    ]
    whole = "\n\n".join([headers, *parts])
    console.print(Panel(Text(whole), title="One mail in full"))


def run(api: httpx.Client, mailbox: Path, idle: Callable[[], bool], console: Console) -> bool:
    """Play the whole demonstration. False if the import did not come to its end.

    `idle` says whether everything that follows from what was done has happened.
    """
    sequence_id = set_up(api, console)
    try:
        ended = import_through(api, FILE, {"opt_in_evidence": EVIDENCE}, console)
    except Refused as error:
        console.print(f"[red]{error}")
        return False
    _wait_until(idle)
    tell_mails(api, sequence_id, console)
    tell_groups(api, console)
    show_newest_mail(mailbox, console)
    return bool(ended["state"] == "finished")


def _start_group(api: httpx.Client) -> Any:
    for group in checked(api.get("/api/v1/groups", params={"limit": 500}))["items"]:
        if group["path"] == START_GROUP:
            return group
    return checked(api.post("/api/v1/groups", json={"name": START_GROUP, "colour": "#206bc4"}))


def _wait_until(idle: Callable[[], bool]) -> None:
    """Return when the system has been idle twice in a row: one event leads to another."""
    end = time.monotonic() + PATIENCE_S
    quiet = 0
    while quiet < 2 and time.monotonic() < end:
        quiet = quiet + 1 if idle() else 0
        time.sleep(0.2)


def _count(api: httpx.Client, path: str, sequence_id: str, state: str) -> int:
    query = {"sequence_id": sequence_id, "state": state, "limit": "1"}
    return int(checked(api.get(path, params=query))["total"])


def _name(customer: dict[str, Any]) -> str:
    names = (customer["first_name"], customer["last_name"] or customer["company"])
    return " ".join(n for n in names if n) or str(customer["email"])
