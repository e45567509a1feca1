"""What staff have to fill in, what a pattern may be, and in which order attributes come."""

import time

import pytest
from sqlalchemy import update

from services.groups.models import Attribute
from shared.db import new_id, utcnow
from shared.events.customers import CustomerErased
from tests.groups.caller import registered
from tests.groups.test_merging import merged


def url(customer_id):
    return f"/attribute-values/{customer_id}"


def test_nobody_is_saved_without_what_staff_have_to_fill_in(groups, customer_id):
    groups.attribute("Beruf")
    groups.attribute("Quelle", required={"staff": True})
    groups.attribute("Wunsch", required={"form": True})

    refused = groups.patch(url(customer_id), {"beruf": "Maurer"})
    assert refused.status_code == 422
    assert list(refused.json["errors"]) == ["quelle"]
    assert groups.get(url(customer_id)).json == {}

    full = groups.patch(url(customer_id), {"beruf": "Maurer", "quelle": "Zeitung"})
    assert full.json == {"beruf": "Maurer", "quelle": "Zeitung"}
    assert groups.patch(url(customer_id), {"beruf": None}).json == {"quelle": "Zeitung"}
    for nothing in None, "", "  ":
        assert groups.patch(url(customer_id), {"quelle": nothing}).status_code == 422


def test_all_that_is_missing_is_named_at_once_in_the_readers_language(groups, customer_id):
    groups.attribute("Quelle", required={"staff": True})
    groups.attribute("Seit", "date", required={"staff": True})
    groups.attribute("Kinder", "integer")

    refused = groups.client.patch(
        f"/api/v1{url(customer_id)}", json={"kinder": "viele"}, headers={"Accept-Language": "de"}
    )

    assert refused.status_code == 422
    assert set(refused.json["errors"]) == {"quelle", "seit", "kinder"}
    assert refused.json["errors"]["quelle"] == ["Das muss angegeben werden."]


def test_what_became_required_later_is_asked_for_at_the_next_saving(groups, customer_id):
    made = groups.attribute("Quelle")
    groups.attribute("Beruf")
    groups.patch(url(customer_id), {"beruf": "Maurer"})
    groups.patch(f"/attributes/{made['id']}", {"required": {"staff": True}}, 1)

    assert groups.patch(url(customer_id), {"beruf": "Koch"}).status_code == 422
    assert groups.patch(url(customer_id), {"quelle": "Zeitung"}).status_code == 200


def test_a_batch_leaves_alone_what_it_does_not_name(groups, customer_id):
    groups.attribute("Beruf")
    groups.attribute("Quelle", required={"staff": True})
    rows = [
        {"customer_id": str(customer_id), "values": {"beruf": "Maurer"}},
        {"customer_id": str(new_id()), "values": {"beruf": "Koch", "quelle": None}},
    ]

    first, second = groups.post("/attribute-values/batch", {"rows": rows}).json["results"]

    assert (first["status"], first["errors"]) == ("updated", {})
    assert list(second["errors"]) == ["quelle"]
    assert groups.get(url(customer_id)).json == {"beruf": "Maurer"}


def test_a_merged_customer_has_what_the_survivor_has(groups, customer_id):
    survivor = new_id()
    groups.attribute("Beruf")
    groups.attribute("Quelle", required={"staff": True})
    groups.hear(registered(customer_id), registered(survivor))
    groups.patch(url(survivor), {"quelle": "Zeitung"})
    groups.hear(merged(survivor, customer_id))

    assert groups.patch(url(customer_id), {"beruf": "Maurer"}).status_code == 200
    assert groups.get(url(survivor)).json == {"quelle": "Zeitung", "beruf": "Maurer"}


def test_who_was_erased_lacks_nothing(groups, customer_id):
    groups.attribute("Quelle", required={"staff": True})
    groups.hear(CustomerErased(customer_id=customer_id, version=2, occurred_at=utcnow()))

    assert groups.patch(url(customer_id), {}).status_code == 404


def test_the_hint_says_what_the_pattern_wants(groups, customer_id):
    groups.attribute("PIN", key="pin", pattern="[0-9]{4}", pattern_hint="Vier Ziffern, bitte.")
    groups.attribute("Code", key="code", pattern="[a-c]+")

    errors = groups.patch(url(customer_id), {"pin": "12", "code": "d"}).json["errors"]

    assert "Vier Ziffern, bitte." in errors["pin"][0]
    assert "[a-c]+" in errors["code"][0]
    for half in "12345", "x1234", "1234\n":
        saved = groups.patch(url(customer_id), {"pin": half})
        assert saved.status_code == (200 if half.strip() == "1234" else 422)


HOSTILE = ["(a+)+$", "((a|b|ab)*)*c", "(a?){900}a{900}", "(.*)*(.*)*(.*)*x", "(a|aa|aaa){300}b"]


@pytest.mark.parametrize("pattern", HOSTILE)
def test_no_pattern_keeps_a_thousand_hostile_values_waiting(groups, pattern):
    groups.attribute("Falle", pattern=pattern)
    rows = [{"customer_id": str(new_id()), "values": {"falle": "a" * 999 + "!"}} for _ in range(20)]
    started = time.process_time()

    results = groups.post("/attribute-values/batch", {"rows": rows}).json["results"]

    assert all(result["errors"] for result in results)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "pattern",
    [
        "(a{1000}){1000}", ".{0,1000}a.{0,1000}b", r"[\p{L}\p{N}]{500}", "(?=a)b", r"(a)\1", "[", "a**b\\",
        "x{1001}",
    ],
)  # fmt: skip
def test_a_pattern_that_costs_too_much_or_is_none_is_never_defined(groups, pattern):
    body = {"label": {"de": "Falle"}, "type": "text", "pattern": pattern}

    refused = groups.post("/attributes", body)

    assert refused.status_code == 422, refused.json
    assert list(refused.json["errors"]) == ["pattern"]
    made = groups.attribute("Harmlos", pattern="a+")
    assert groups.patch(f"/attributes/{made['id']}", {"pattern": pattern}, 1).status_code == 422


def test_a_value_too_long_to_be_checked_is_refused(groups, customer_id):
    groups.attribute("Text", "multiline", pattern="(?s).*")

    assert groups.patch(url(customer_id), {"text": "x" * 1000}).status_code == 200
    assert groups.patch(url(customer_id), {"text": "x" * 1001}).status_code == 422


def order(groups, scope="booking"):
    return [a["key"] for a in groups.get("/attributes", scope=scope).json["items"]]


def four(groups, **fields):
    return [groups.attribute(name, scope="booking", **fields) for name in ("A", "B", "C", "D")]


def place(groups, attribute, position):
    now = groups.get(f"/attributes/{attribute['id']}").json["version"]
    moved = groups.patch(f"/attributes/{attribute['id']}", {"position": position}, now)
    assert moved.status_code == 200, moved.json


@pytest.mark.parametrize(
    ("who", "position", "keys"),
    [
        (0, 2, "b a c d"), (0, 4, "b c d a"), (0, 3, "b c a d"), (3, 1, "d a b c"), (2, 1, "c a b d"),
        (1, 9, "a c d b"), (1, 2, "a b c d"), (3, 0, "d a b c"),
    ],
)  # fmt: skip
def test_an_attribute_moves_to_the_place_it_is_given(groups, who, position, keys):
    made = four(groups)
    assert [a["position"] for a in made] == [1, 2, 3, 4]

    place(groups, made[who], position)

    assert order(groups) == keys.split()
    positions = [a["position"] for a in groups.get("/attributes", scope="booking").json["items"]]
    assert len(set(positions)) == 4
    assert dict(zip(order(groups), positions, strict=True))["abcd"[who]] == position


def test_a_new_attribute_takes_the_place_of_one_that_moves_on(groups):
    four(groups)
    groups.attribute("Neu", scope="booking", position=2)
    groups.attribute("Anderswo", scope="customer", position=2)

    assert order(groups) == ["a", "neu", "b", "c", "d"]


def test_places_from_before_each_had_its_own_are_put_right_on_the_way(groups):
    made = four(groups)
    with groups.database.transaction() as session:
        session.execute(update(Attribute).where(Attribute.scope == "booking").values(position=0))
        session.execute(update(Attribute).where(Attribute.key == "d").values(position=1))

    place(groups, made[0], 1)

    positions = [a["position"] for a in groups.get("/attributes", scope="booking").json["items"]]
    assert min(positions) == 0
    assert order(groups)[-2:] == ["a", "d"]


def test_who_moves_is_told_and_nobody_else(groups):
    made = four(groups)
    before = len(groups.told("attribute_defined"))

    place(groups, made[0], 2)

    told = groups.told("attribute_defined")[before:]
    assert {(e["key"], e["position"], e["version"]) for e in told} == {("a", 2, 2), ("b", 1, 2)}
    place(groups, made[0], 2)
    assert len(groups.told("attribute_defined")) == before + 2


def test_a_branch_moves_its_own_around_the_head_offices(groups, staff):
    a, _, c, _ = four(groups)
    fixed = groups.attribute("Zentrale", scope="booking", origin="franchise", position=2)
    assert order(groups) == ["a", "zentrale", "b", "c", "d"]

    place(staff, c, 2)
    place(staff, a, 5)

    listed = {a["key"]: a for a in groups.get("/attributes", scope="booking").json["items"]}
    assert (listed["zentrale"]["position"], listed["zentrale"]["version"]) == (2, 1)
    assert len({a["position"] for a in listed.values()}) == 5
    assert order(groups).index("a") > order(groups).index("c")
    place(groups, fixed, 1)
    assert order(groups)[0] == "zentrale"


def test_a_definition_says_all_that_forms_and_imports_need(groups):
    made = groups.post(
        "/attributes",
        {
            "label": {"de": "Farbe", "en": "Colour"},
            "type": "choice",
            "choices": ["rot"],
            "help": "vom Wagen",
            "required": {"form": True},
            "origin": "franchise",
        },
    ).json

    [told] = groups.told("attribute_defined")

    assert {k: told[k] for k in ("label", "type", "choices", "help", "scope", "origin")} == {
        k: made[k] for k in ("label", "type", "choices", "help", "scope", "origin")
    }
    assert (told["required_staff"], told["required_form"]) == (False, True)
