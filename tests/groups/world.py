"""A small world of customers, and who in it a filter means: asked person by person, without a database."""

from __future__ import annotations

import calendar
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import update

from services.groups.models import Membership
from shared.db import new_id
from shared.events.customers import (
    ActivityRecorded,
    CustomerRegistered,
    CustomersMerged,
    HistoryEntryAdded,
    Money,
)
from shared.events.followup import MailBounced, MailFailed, MailSent
from tests.groups.caller import Groups, snapshot

ZONE = ZoneInfo("Europe/Berlin")
GROUPS = (
    "Reisen",
    "Reisen/Griechenland",
    "Reisen/Griechenland/Kreta",
    "Reisen/Italien",
    "Stammkunden",
)
TEXTS = (
    "Müller", "mueller", "MÜLLER", "Muller", "Maier", "Öz", "Ärzte_Haus", "100% Bio", "100 Bio", "a_b", "axb",
    "Straße", "STRASSE", "Zoë", "Łódź", "O'Neill",
)  # fmt: skip
LINES = ("MM", "mm", "Ös", "Rabatt", "Beschwerde")
CODES = ("80331", "80999", "04109", "1010")
SEQUENCES = (new_id(), new_id())
AMOUNTS = ("0.00", "12.50", "100.00", "1234.50", "-5.00")


@dataclass
class Person:
    id: UUID
    fields: dict[str, Any]
    groups: dict[str, datetime] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    activities: list[dict[str, Any]] = field(default_factory=list)
    mails: list[dict[str, Any]] = field(default_factory=list)
    merged_into: UUID | None = None


class World:
    """Customers as the service was told of them."""

    def __init__(self, groups: Groups, *, people: int = 60) -> None:
        self.groups, self.random = groups, random.Random(1_204)
        self.now = datetime.now(ZONE)
        for path in GROUPS:
            groups.group(path)
        self.attributes = {
            "wunsch": groups.attribute("Wunsch", key="wunsch"),
            "stufe": groups.attribute(
                "Stufe", "choice", key="stufe", choices=["Gold", "Silber", "Öde"]
            ),
            "budget": groups.attribute("Budget", "decimal", key="budget"),
            "kinder": groups.attribute("Kinder", "integer", key="kinder"),
            "hund": groups.attribute("Hund", "yes_no", key="hund"),
            "abreise": groups.attribute("Abreise", "date", key="abreise"),
            "notiz": groups.attribute("Notiz", "text", key="notiz", scope="history"),
            "erledigt": groups.attribute("Erledigt", "yes_no", key="erledigt", scope="history"),
        }
        self.people = [self._person(number) for number in range(1, people + 1)]
        self._tell()

    def means(self, filter_: Any) -> set[UUID]:
        """Return whom the filter means, found by looking at one person after the other."""
        spoken = '"active"' in repr(filter_).replace("'", '"')
        return {
            one.id
            for one in self.people
            if one.merged_into is None
            and (spoken or one.fields["active"])
            and self._true_of(one, filter_)
        }

    def _maybe(self, *values: Any) -> Any:
        return self.random.choice((None, None, *values))

    def _day(self) -> date:
        days = [date(1964, 2, 29), date(1980, 3, 1), date(1999, 12, 31), date(2000, 1, 1)]
        near = self.now.date() + timedelta(days=self.random.randint(-40, 40))
        return self.random.choice([*days, near])

    def _moment(self) -> datetime:
        day = self.now.date() - timedelta(days=self.random.randint(0, 5))
        clock = self.random.choice([time(0), time(0, 30), time(23, 30), time(12)])
        return datetime.combine(day, clock, ZONE).astimezone(UTC)

    def _person(self, number: int) -> Person:
        choose, maybe = self.random.choice, self._maybe
        person = Person(
            new_id(),
            {
                "number": number,
                "active": self.random.random() < 0.8,
                "registered_at": self._moment(),
                "last_name": maybe(*TEXTS),
                "company": maybe(*TEXTS),
                "city": maybe(*TEXTS),
                "postal_code": maybe(*CODES),
                "birthday": maybe(self._day(), self._day()),
                "sources": self.random.sample(
                    ["manual", "booking", "pos"], self.random.randint(0, 2)
                ),
                "opt_in": choose(["none", "requested", "confirmed", "revoked"]),
                "opt_in_confirmed_at": maybe(self._moment()),
            },
        )
        person.groups = {path: self._moment() for path in GROUPS if self.random.random() < 0.3}
        for key, value in {
            "wunsch": maybe(*TEXTS), "stufe": maybe("Gold", "Silber", "Öde"), "budget": maybe(*AMOUNTS),
            "kinder": maybe(0, 2, 12), "hund": maybe(True, False), "abreise": maybe(self._day()),
        }.items():  # fmt: skip
            if value is not None:
                person.values[key] = value.isoformat() if isinstance(value, date) else value
        for _ in range(self.random.choice([0, 0, 1, 2, 4])):
            person.history.append(
                {
                    "date": self._day(), "staff": maybe(*LINES), "info": maybe(*LINES),
                    "action": maybe(*LINES), "text": maybe(*TEXTS),
                    "attributes": {"notiz": choose(TEXTS), "erledigt": choose([True, False])},
                }
            )  # fmt: skip
            person.activities.append(
                {
                    "kind": choose(["visit", "order"]), "source": choose(["pos", "manual"]),
                    "occurred_at": self._moment(), "revenue": maybe(*AMOUNTS),
                }
            )  # fmt: skip
            person.mails.append(
                {
                    "sequence": choose(SEQUENCES), "state": choose(["sent", "failed", "bounced"]),
                    "at": self._moment(),
                }
            )  # fmt: skip
        return person

    def _tell(self) -> None:
        groups = self.groups
        for one in self.people:
            known = snapshot(one.id, **one.fields)
            groups.hear(
                CustomerRegistered(
                    customer_id=one.id,
                    version=1,
                    source="api",
                    occurred_at=self.now,
                    customer=known,
                )
            )
            for entry in one.history:
                groups.hear(
                    HistoryEntryAdded(customer_id=one.id, entry_id=new_id(), version=1, **entry)
                )
            for act in one.activities:
                revenue = act["revenue"] and Money(amount=act["revenue"])
                groups.hear(
                    ActivityRecorded(
                        customer_id=one.id, activity_id=new_id(), **{**act, "revenue": revenue}
                    )
                )
            for mail in one.mails:
                self._tell_mail(one, mail)
        groups.batch([{"customer_id": str(p.id), "groups": list(p.groups)} for p in self.people])
        values = [{"customer_id": str(p.id), "values": p.values} for p in self.people]
        assert groups.post("/attribute-values/batch", {"rows": values}).status_code == 200
        ids = {path: UUID(groups.named(path)["id"]) for path in GROUPS}
        with groups.database.transaction() as session:
            for one in self.people:
                for path, since in one.groups.items():
                    key = (Membership.customer_id == one.id, Membership.group_id == ids[path])
                    session.execute(update(Membership).where(*key).values(since=since))
        self._merge(self.people[-1], self.people[-2], 2)
        self._merge(self.people[-2], self.people[0], 3)

    def _tell_mail(self, one: Person, mail: dict[str, Any]) -> None:
        told = {"customer_id": one.id, "mail_id": new_id()}
        of = {**told, "sequence_id": mail["sequence"]}
        if mail["state"] == "failed":
            self.groups.hear(MailFailed(**of, reason="weg", occurred_at=mail["at"]))
            return
        self.groups.hear(MailSent(**of, subject_line="Hallo", occurred_at=mail["at"]))
        if mail["state"] == "bounced":
            later = mail["at"] + timedelta(minutes=1)
            self.groups.hear(MailBounced(**told, reason="weg", hard=True, occurred_at=later))

    def _merge(self, loser: Person, survivor: Person, version: int) -> None:
        self.groups.hear(
            CustomersMerged(
                customer_id=survivor.id, merged_ids=[loser.id], merged_versions=[version],
                version=version, occurred_at=self.now,
            )
        )  # fmt: skip
        loser.merged_into = survivor.id
        joined = datetime.now(UTC)
        survivor.groups = {**dict.fromkeys(loser.groups, joined), **survivor.groups}
        survivor.values = {**loser.values, **survivor.values}
        survivor.history += loser.history
        survivor.activities += loser.activities
        survivor.mails += loser.mails

    def _true_of(self, one: Person, f: Any) -> bool:
        [kind] = [key for key in KINDS if key in f]
        judge = getattr(self, f"_is_{kind}")
        return bool(judge(one, f))

    def _is_all(self, one: Person, f: Any) -> bool:
        return all(self._true_of(one, part) for part in f["all"])

    def _is_any(self, one: Person, f: Any) -> bool:
        return any(self._true_of(one, part) for part in f["any"])

    def _is_not(self, one: Person, f: Any) -> bool:
        return not self._true_of(one, f["not"])

    def _is_active(self, one: Person, f: Any) -> bool:
        return one.fields["active"] is f["active"]

    def _is_opt_in(self, one: Person, f: Any) -> bool:
        return one.fields["opt_in"] == f["opt_in"]

    def _is_group(self, one: Person, f: Any) -> bool:
        below = f["group"] + "/"
        return any(
            (path == f["group"] or (f.get("include_subgroups") and path.startswith(below)))
            and self._during(since, f)
            for path, since in one.groups.items()
        )

    def _is_field(self, one: Person, f: Any) -> bool:
        value = one.fields.get(f["field"])
        if f["field"] == "sources":
            return self._lists(value, f)
        if isinstance(value, datetime):
            value = value.astimezone(ZONE).date()
        return self._holds(value, f)

    def _is_attribute(self, one: Person, f: Any) -> bool:
        value = one.values.get(f["attribute"])
        if f["attribute"] == "abreise" and value is not None:
            value = date.fromisoformat(value)
        elif f["attribute"] == "budget" and value is not None:
            value = float(value)
        return self._holds(value, f)

    def _is_history(self, one: Person, f: Any) -> bool:
        return self._so_many(f, sum(self._entry(entry, f["history"]) for entry in one.history))

    def _is_activity(self, one: Person, f: Any) -> bool:
        asked = f["activity"]
        return self._so_many(
            f,
            sum(
                asked.get("kind", act["kind"]) == act["kind"]
                and asked.get("source", act["source"]) == act["source"]
                and self._during(act["occurred_at"], asked)
                and all(
                    act["revenue"] is not None and COMPARE[op](float(act["revenue"]), float(limit))
                    for op, limit in asked.get("revenue", {}).items()
                )
                for act in one.activities
            ),
        )

    def _is_mail(self, one: Person, f: Any) -> bool:
        asked = f["mail"]
        sent = {None: ("sent", "bounced")}.get(asked.get("state"), (asked.get("state"),))
        return self._so_many(
            f,
            sum(
                mail["state"] in sent
                and asked.get("sequence", str(mail["sequence"])) == str(mail["sequence"])
                and self._during(mail["at"], asked)
                for mail in one.mails
            ),
        )

    def _entry(self, entry: dict[str, Any], asked: Any) -> bool:
        for key, value in asked.items():
            if key == "attributes":
                if any(
                    not self._holds(entry[key].get(k), {"op": "eq", "value": v})
                    for k, v in value.items()
                ):
                    return False
                continue
            op = {"date": "eq", "since": "gte", "until": "lte", "text": "contains"}.get(key, "eq")
            stored = entry["date"] if key in ("date", "since", "until") else entry[key]
            told = value if isinstance(value, dict) else {"op": op, "value": value}
            if not self._holds(stored, told):
                return False
        return True

    @staticmethod
    def _so_many(f: Any, number: int) -> bool:
        return all(COMPARE[op](number, n) for op, n in f.get("count", {"gte": 1}).items())

    def _during(self, moment: datetime, asked: Any) -> bool:
        day = moment.astimezone(ZONE).date()
        since, until = asked.get("since"), asked.get("until")
        return (since is None or day >= self.day(since)) and (
            until is None or day <= self.day(until)
        )

    def day(self, text: str) -> date:
        if text == "today":
            return self.now.date()
        if text[0] in "+-":
            return self.now.date() + timedelta(days=int(text[:-1]) * {"d": 1, "w": 7}[text[-1]])
        return date.fromisoformat(text)

    @staticmethod
    def _lists(words: list[str], f: Any) -> bool:
        if f["op"] in ("empty", "not_empty"):
            return (not words) is (f["op"] == "empty")
        wanted = f["value"] if f["op"] == "in" else [f["value"]]
        return bool(set(words) & set(wanted)) is not (f["op"] == "ne")

    def _holds(self, value: Any, f: Any) -> bool:
        op = f["op"]
        if op in ("empty", "not_empty"):
            return (value is None) is (op == "empty")
        if value is None:
            return bool(op == "ne")
        wanted = f["value"]
        if isinstance(value, date):
            return self._of_day(value, op, wanted, f.get("within_days", 0))
        if isinstance(value, str):
            return _of_text(value, op, wanted)
        if op == "in":
            return value in [float(one) for one in wanted]
        wanted = wanted if isinstance(value, bool) else float(wanted)
        return (value != wanted) if op == "ne" else bool(COMPARE[op](value, wanted))

    def _of_day(self, value: date, op: str, wanted: Any, within: int) -> bool:
        if op == "in":
            return value in [self.day(one) for one in wanted]
        first = self.day(wanted)
        if op == "anniversary":
            return any(_celebrates(value, first + timedelta(days=n)) for n in range(within + 1))
        return (value != first) if op == "ne" else bool(COMPARE[op](value, first))


def _celebrates(born: date, day: date) -> bool:
    if (born.month, born.day) == (2, 29) and not calendar.isleap(day.year):
        return (day.month, day.day) == (3, 1)
    return (day.month, day.day) == (born.month, born.day)


def _plain(text: str) -> str:
    spelled = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ë": "e", "ł": "l", "ó": "o", "ź": "z"}
    return "".join(spelled.get(letter, letter) for letter in text.lower())


def _bare(text: str) -> str:
    return _plain(text).replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _of_text(value: str, op: str, wanted: Any) -> bool:
    if op == "in":
        return _plain(value) in [_plain(one) for one in wanted]
    if op == "contains":
        return _bare(wanted) in _bare(value)
    if op == "starts_with":
        return _bare(value).startswith(_bare(wanted))
    if op == "ne":
        return _plain(value) != _plain(wanted)
    return bool(COMPARE[op](_plain(value), _plain(wanted)))


COMPARE: dict[str, Any] = {
    "eq": lambda a, b: a == b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
}
KINDS = (
    "all", "any", "not", "group", "field", "attribute", "opt_in", "active", "history", "activity", "mail",
)  # fmt: skip
