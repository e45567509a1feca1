"""What selections ask about is kept as it was told: in any order, once, and not of the erased."""

import threading
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from services.groups.handlers import HANDLERS
from services.groups.models import ActivityFact, Contact, HistoryFact, MailFact
from shared.db import new_id, utcnow
from shared.events.customers import (
    ActivityRecorded,
    CustomerErased,
    HistoryEntryAdded,
    HistoryEntryChanged,
    HistoryEntryDeleted,
    Money,
)
from shared.events.followup import MailBounced, MailFailed, MailSent
from tests.groups.caller import registered
from tests.groups.test_merging import merged

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FACTS = (HistoryFact, ActivityFact, MailFact)
ENTRY, MAIL, SEQUENCE, MAILING = (new_id() for _ in range(4))


def facts(groups, model):
    """Return what is stored, each row as a dict."""
    with groups.database.reading() as session:
        columns = model.__table__.columns.keys()
        rows = session.scalars(select(model).order_by(*model.__table__.primary_key))
        return [{name: getattr(row, name) for name in columns} for row in rows]


def entry(kind, customer_id, version, entry_id=ENTRY, **fields):
    return kind(
        customer_id=customer_id,
        entry_id=entry_id,
        version=version,
        date=date(2026, 11, version),
        **fields,
    )


def gone(customer_id, version, entry_id=ENTRY):
    return HistoryEntryDeleted(customer_id=customer_id, entry_id=entry_id, version=version)


def activity(customer_id, **fields):
    values = {"kind": "visit", "source": "booking", "occurred_at": NOON, **fields}
    return ActivityRecorded(customer_id=customer_id, activity_id=new_id(), **values)


def sent(customer_id, mail_id=MAIL, at=NOON, **fields):
    return MailSent(
        customer_id=customer_id, mail_id=mail_id, subject_line="Hallo", occurred_at=at, **fields
    )


def failed(customer_id, mail_id=MAIL, at=NOON, **fields):
    return MailFailed(
        customer_id=customer_id, mail_id=mail_id, reason="full", occurred_at=at, **fields
    )


def bounced(customer_id, mail_id=MAIL, at=NOON):
    return MailBounced(
        customer_id=customer_id, mail_id=mail_id, reason="gone", hard=True, occurred_at=at
    )


def erased(customer_id):
    return CustomerErased(customer_id=customer_id, version=9, occurred_at=utcnow())


def test_a_history_entry_is_kept_as_it_was_told_last(groups, customer_id):
    groups.hear(
        entry(HistoryEntryAdded, customer_id, 1, text="alt"),
        entry(HistoryEntryAdded, customer_id, 1, new_id()),
    )
    groups.hear(
        entry(
            HistoryEntryChanged,
            customer_id,
            2,
            staff="MM",
            info="Reklamation",
            action="Rückruf",
            text="Ölfleck GRÖSSER",
            attributes={"feld_1": "x", "feld_2": "grün", "feld_5": True},
        )
    )

    kept = facts(groups, HistoryFact)
    assert [row["text"] for row in kept] == ["Ölfleck GRÖSSER", None]
    assert kept[0] == {
        "entry_id": ENTRY,
        "customer_id": customer_id,
        "version": 2,
        "deleted": False,
        "date": date(2026, 11, 2),
        "staff": "MM",
        "info": "Reklamation",
        "action": "Rückruf",
        "text": "Ölfleck GRÖSSER",
        "folded": {
            "staff": "mm",
            "info": "reklamation",
            "action": "rueckruf",
            "text": "oelfleck groesser",
            "attributes": {"feld_2": "gruen"},
        },
        "attributes": {"feld_1": "x", "feld_2": "grün", "feld_5": True},
    }


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_deleted_entry_stays_deleted_whatever_comes_later(groups, customer_id, order):
    events = [
        entry(HistoryEntryAdded, customer_id, 1, text="a"),
        entry(HistoryEntryChanged, customer_id, 2, text="b"),
        entry(HistoryEntryChanged, customer_id, 3, text="c", attributes={"feld_1": "x"}),
        gone(customer_id, 4),
    ]

    for number in order * 2:
        groups.hear(events[number])

    [kept] = facts(groups, HistoryFact)
    assert (kept["version"], kept["deleted"]) == (4, True)
    assert (kept["date"], kept["text"], kept["folded"], kept["attributes"]) == (
        None,
        None,
        {},
        {},
    )


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_older_version_never_comes_back(groups, customer_id, order):
    events = [
        entry(HistoryEntryAdded, customer_id, 1, text="a", info="alt"),
        entry(HistoryEntryChanged, customer_id, 2, text="b"),
        entry(HistoryEntryChanged, customer_id, 3, text="c"),
    ]

    for number in order * 2:
        groups.hear(events[number])

    [kept] = facts(groups, HistoryFact)
    assert (kept["version"], kept["text"], kept["info"]) == (3, "c", None)


def test_of_several_versions_in_one_batch_the_newest_counts(groups, customer_id):
    groups.hear(
        entry(HistoryEntryChanged, customer_id, 3, text="c"),
        entry(HistoryEntryChanged, customer_id, 2, text="b"),
    )

    assert [row["text"] for row in facts(groups, HistoryFact)] == ["c"]


def test_an_activity_is_kept_once_with_its_revenue(groups, customer_id):
    told = activity(
        customer_id, revenue=Money(amount="1234.50", currency="CHF"), attributes={"gaeste": 2}
    )

    groups.hear(told, told)
    groups.hear(told)

    assert facts(groups, ActivityFact) == [
        {
            "activity_id": told.activity_id,
            "customer_id": customer_id,
            "kind": "visit",
            "source": "booking",
            "occurred_at": NOON,
            "cents": 123450,
            "currency": "CHF",
            "attributes": {"gaeste": 2},
        }
    ]


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        ("0.07", 7),
        ("-19.99", -1999),
        ("0.00", 0),
        ("92233720368547758.07", 2**63 - 1),
    ],
)
def test_no_cent_is_lost(groups, customer_id, amount, cents):
    groups.hear(activity(customer_id, revenue=Money(amount=amount)), activity(customer_id))

    assert [row["cents"] for row in facts(groups, ActivityFact)] == [cents, None]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_what_became_of_a_mail_adds_up_in_any_order(groups, customer_id, order):
    later = NOON + timedelta(hours=1)
    events = [
        failed(customer_id, sequence_id=SEQUENCE),
        sent(customer_id, at=later, sequence_id=SEQUENCE, mailing_id=MAILING),
        bounced(customer_id, at=later + timedelta(hours=2)),
        bounced(customer_id, at=later + timedelta(hours=1)),
    ]

    for number in order * 2:
        groups.hear(events[number])

    assert facts(groups, MailFact) == [
        {
            "mail_id": MAIL,
            "customer_id": customer_id,
            "sequence_id": SEQUENCE,
            "mailing_id": MAILING,
            "sent_at": later,
            "failed_at": NOON,
            "bounced_at": later + timedelta(hours=1),
        }
    ]


def test_the_end_of_a_mail_that_counts_is_its_worst_after_it_was_sent(groups, customer_id):
    groups.hear(failed(customer_id))
    states = [mails_of(groups, customer_id)]
    groups.hear(sent(customer_id))
    states.append(mails_of(groups, customer_id))
    groups.hear(bounced(customer_id))
    states.append(mails_of(groups, customer_id))

    assert states == [["failed"], ["sent"], ["bounced"]]


def mails_of(groups, customer_id):
    return [mail["state"] for mail in groups.get(f"/groups/data/{customer_id}").json["mails"]]


@pytest.mark.parametrize("count", [3, 500])
def test_many_are_kept_at_once(groups, count):
    people = [new_id() for _ in range(count)]

    groups.hear(*(activity(p) for p in people))
    groups.hear(*(entry(HistoryEntryAdded, p, 1, new_id(), text=str(p)) for p in people))
    groups.hear(*(sent(p, new_id()) for p in people))

    for model in FACTS:
        assert {row["customer_id"] for row in facts(groups, model)} == set(people)


def test_facts_wait_for_a_customer_who_is_still_on_the_way(groups, customer_id):
    groups.hear(activity(customer_id))

    with groups.database.reading() as session:
        assert session.get(Contact, customer_id) is None
    groups.hear(registered(customer_id))
    assert len(groups.get(f"/groups/data/{customer_id}").json["activities"]) == 1


def tell_everything_of(groups, customer_id):
    groups.hear(activity(customer_id))
    groups.hear(entry(HistoryEntryAdded, customer_id, 1, new_id(), text="x"))
    groups.hear(sent(customer_id, new_id()))


def test_facts_of_the_erased_go_and_none_comes_late(groups, customer_id):
    other, never_heard_of = new_id(), new_id()
    for person in (customer_id, other):
        tell_everything_of(groups, person)

    groups.hear(erased(customer_id), erased(never_heard_of))
    for person in (customer_id, never_heard_of):
        tell_everything_of(groups, person)
        groups.hear(gone(person, 2))
        groups.hear(bounced(person))

    for model in FACTS:
        assert [row["customer_id"] for row in facts(groups, model)] == [other]


def test_a_fact_that_is_written_while_the_person_is_erased_goes_too(groups, customer_id):
    """Also where the customer has not been heard of, so that there is no row to lock."""
    eraser = threading.Thread(target=groups.hear, args=(erased(customer_id),))
    with groups.database.transaction() as session:
        HANDLERS[ActivityRecorded](session, [activity(customer_id)])
        session.flush()
        eraser.start()
        eraser.join(timeout=0.5)
        assert eraser.is_alive()
    eraser.join(timeout=30)

    assert not eraser.is_alive()
    assert facts(groups, ActivityFact) == []


def test_a_merged_customers_facts_stay_theirs(groups, customer_id):
    survivor = new_id()
    groups.hear(registered(customer_id), registered(survivor))
    tell_everything_of(groups, customer_id)

    groups.hear(merged(survivor, customer_id))
    tell_everything_of(groups, customer_id)

    with groups.database.reading() as session:
        for model in FACTS:
            owned = select(func.count()).where(model.customer_id == customer_id)
            assert session.scalar(owned) == 2


def test_what_selections_know_of_a_person_is_among_their_data(groups, customer_id):
    groups.hear(activity(customer_id, revenue=Money(amount="12.50")))
    groups.hear(
        entry(HistoryEntryAdded, customer_id, 1, text="Anruf", attributes={"feld_1": "x"}),
        entry(HistoryEntryAdded, customer_id, 1, deleted := new_id()),
    )
    groups.hear(gone(customer_id, 2, deleted))
    groups.hear(sent(customer_id, sequence_id=SEQUENCE))

    known = groups.get(f"/groups/data/{customer_id}").json

    [noted], [happened], [mail] = known["history"], known["activities"], known["mails"]
    assert (noted["date"], noted["text"], noted["attributes"]) == (
        "2026-11-01",
        "Anruf",
        {"feld_1": "x"},
    )
    assert (happened["kind"], happened["cents"], happened["currency"]) == ("visit", 1250, "EUR")
    assert (mail["state"], mail["sequence_id"]) == ("sent", str(SEQUENCE))
    assert mail["sent_at"] == "2026-11-22T12:00:00Z"
