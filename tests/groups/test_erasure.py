"""What is known of a person can be asked for, and is gone once they are erased."""

from uuid import UUID

from sqlalchemy import func, select

from services.groups.models import MergeRecord
from shared.db import new_id, utcnow
from shared.events.customers import CustomerErased
from shared.tables import idempotency_keys
from tests.groups.caller import registered
from tests.groups.test_merging import merged


def erased(customer_id, version=9):
    return CustomerErased(customer_id=customer_id, version=version, occurred_at=utcnow())


def data_of(groups, customer_id):
    answer = groups.get(f"/groups/data/{customer_id}")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_everything_known_of_a_person_is_told_to_who_may_ask(groups, staff, customer_id):
    a = groups.group("A")
    groups.group("B")
    groups.attribute("Beruf")
    groups.hear(registered(customer_id, email="anna@example.de", birthday=None, note="x"))
    for path in "A", "B":
        groups.add(path, customer_id)
    groups.delete(f"/groups/{a}/members/{customer_id}")
    groups.patch(f"/attribute-values/{customer_id}", {"beruf": "Maurer"})

    known = data_of(groups, customer_id)

    assert known["contact"]["email"] == "anna@example.de"
    assert known["contact"]["note"] == "x"
    assert known["values"] == {"beruf": "Maurer"}
    spans = {span["group_path"]: span for span in known["memberships"]}
    assert spans["A"]["until"] is not None
    assert (spans["B"]["until"], spans["B"]["by"], spans["B"]["source"]) == (None, "Test", "manual")
    assert staff.get(f"/groups/data/{customer_id}").status_code == 403


def test_of_a_stranger_nothing_is_known(groups, customer_id):
    known = data_of(groups, customer_id)

    assert (known["contact"], known["memberships"], known["values"]) == (None, [], {})


def test_of_a_merged_customer_it_says_into_whom(groups, customer_id):
    survivor = new_id()
    groups.group("A")
    groups.hear(registered(customer_id))
    groups.add("A", customer_id)
    groups.hear(merged(survivor, customer_id))

    known = data_of(groups, customer_id)

    assert known["merged_into"] == str(survivor)
    assert known["merged_at"] is not None
    assert [span["ended_source"] for span in known["memberships"]] == ["merge"]


def test_erasing_leaves_nothing_of_a_merge_and_of_answers_and_says_so(groups, customer_id):
    twin, other = new_id(), new_id()
    groups.group("A")
    groups.attribute("Beruf")
    for person in (customer_id, twin, other):
        groups.hear(registered(person))
        groups.patch(f"/attribute-values/{person}", {"beruf": "Maurer"})
        rows = [{"customer_id": str(person), "groups": ["A"]}]
        key = {"Idempotency-Key": str(person)}
        assert groups.post("/memberships/batch", {"rows": rows}, **key).status_code == 200
    groups.hear(merged(customer_id, twin))

    groups.hear(erased(twin), erased(customer_id))

    with groups.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(MergeRecord)) == 0
        assert set(session.scalars(select(idempotency_keys.c.key))) == {str(other)}
    for person in (customer_id, twin):
        known = data_of(groups, person)
        assert (known["memberships"], known["values"], known["merged_into"]) == ([], {}, None)
        assert {v for k, v in known["contact"].items() if k in ("last_name", "number")} == {None}
    assert groups.counts("A") == (1, 1)
    told = {UUID(e["customer_id"]) for e in groups.told("customer_forgotten")}
    assert told == {customer_id, twin}


def test_erasing_one_who_was_merged_leaves_the_survivor_their_own(groups, customer_id):
    twin = new_id()
    groups.group("A")
    groups.hear(registered(customer_id), registered(twin))
    groups.add("A", customer_id)
    groups.hear(merged(customer_id, twin))

    groups.hear(erased(twin))

    assert groups.counts("A") == (1, 1)
    assert data_of(groups, customer_id)["contact"]["last_name"] == "Müller"


def test_hearing_of_it_twice_says_so_twice(groups, customer_id):
    groups.hear(erased(customer_id))
    groups.hear(erased(customer_id))

    assert len(groups.told("customer_forgotten")) == 2
