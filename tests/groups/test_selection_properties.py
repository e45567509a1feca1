"""Whatever filter is asked, the database finds whom looking at one person after the other finds."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.groups.caller import Groups
from tests.groups.world import AMOUNTS, CODES, GROUPS, LINES, SEQUENCES, TEXTS, World

DAYS = st.sampled_from(
    (
        "today",
        "-1d",
        "-3d",
        "+2w",
        "-30d",
        "1964-02-29",
        "1980-03-01",
        "2000-01-01",
        "2025-03-01",
        "2025-02-28",
        "2024-02-28",
    )
)
PARTS = st.sampled_from(("mull", "Müll", "%", "_", "0%", "a_b", "SS", "ö", "B", "ue", "e"))
ORDER = st.sampled_from(("lt", "lte", "gt", "gte"))
EQUAL = st.sampled_from(("eq", "ne"))
EMPTY = st.sampled_from(("empty", "not_empty"))
COUNTS = st.one_of(
    st.none(),
    st.dictionaries(
        st.sampled_from(("eq", "gt", "gte", "lt", "lte")), st.integers(0, 4), min_size=1, max_size=2
    ),
)  # fmt: skip


def comparisons(values: Any, ops: Any = EQUAL) -> Any:
    return st.one_of(
        st.fixed_dictionaries({"op": ops, "value": values}),
        st.fixed_dictionaries(
            {"op": st.just("in"), "value": st.lists(values, min_size=1, max_size=3)}
        ),
        st.fixed_dictionaries({"op": EMPTY}),
    )


def text_comparisons(values: Any) -> Any:
    part = st.fixed_dictionaries(
        {"op": st.sampled_from(("contains", "starts_with")), "value": st.one_of(PARTS, values)}
    )
    return st.one_of(comparisons(values, st.one_of(EQUAL, ORDER)), part)


DAY_COMPARISONS = st.one_of(
    comparisons(DAYS, st.one_of(EQUAL, ORDER)),
    st.fixed_dictionaries(
        {"op": st.just("anniversary"), "value": DAYS, "within_days": st.integers(0, 366)}
    ),
)
YES = st.fixed_dictionaries({"op": EQUAL, "value": st.booleans()})


def named(kind: str, name: str, comparison: Any) -> Any:
    return comparison.map(lambda told: {kind: name, **told})


def during(**more: Any) -> Any:
    return st.fixed_dictionaries({}, optional={"since": DAYS, "until": DAYS, **more})


def counted(kind: str, asked: Any) -> Any:
    return st.builds(
        lambda asked, count: {kind: asked} if count is None else {kind: asked, "count": count},
        asked,
        COUNTS,
    )


texts, numbers = st.sampled_from(TEXTS), st.sampled_from(AMOUNTS)
CONDITIONS = st.one_of(
    named("field", "last_name", text_comparisons(texts)),
    named("field", "city", text_comparisons(texts)),
    named("field", "postal_code", text_comparisons(st.sampled_from(CODES))),
    named("field", "number", comparisons(st.integers(0, 61), st.one_of(EQUAL, ORDER))),
    named("field", "birthday", DAY_COMPARISONS),
    named("field", "registered_at", comparisons(DAYS, st.one_of(EQUAL, ORDER))),
    named("field", "opt_in_confirmed_at", comparisons(DAYS, st.one_of(EQUAL, ORDER))),
    named("field", "sources", comparisons(st.sampled_from(("manual", "booking", "pos", "api")))),
    named("attribute", "wunsch", text_comparisons(texts)),
    named("attribute", "stufe", comparisons(st.sampled_from(("Gold", "gold", "ÖDE")))),
    named("attribute", "budget", comparisons(numbers, st.one_of(EQUAL, ORDER))),
    named("attribute", "kinder", comparisons(st.integers(0, 12), st.one_of(EQUAL, ORDER))),
    named("attribute", "hund", st.one_of(YES, st.fixed_dictionaries({"op": EMPTY}))),
    named("attribute", "abreise", DAY_COMPARISONS),
    st.sampled_from(("none", "requested", "confirmed", "revoked")).map(lambda one: {"opt_in": one}),
    st.builds(lambda active: {"active": active}, st.booleans()),
    st.builds(
        lambda group, below, span: {"group": group, "include_subgroups": below, **span},
        st.sampled_from(GROUPS), st.booleans(), during(),
    ),
    counted("history", during(
        date=DAYS, staff=st.sampled_from(LINES), info=st.sampled_from(LINES), text=PARTS,
        action=st.one_of(st.sampled_from(LINES), text_comparisons(st.sampled_from(LINES))),
        attributes=st.fixed_dictionaries({}, optional={"notiz": texts, "erledigt": st.booleans()}),
    )),
    counted("activity", during(
        kind=st.sampled_from(("visit", "order")), source=st.sampled_from(("pos", "manual")),
        revenue=st.dictionaries(st.one_of(ORDER, st.just("eq")), numbers, min_size=1, max_size=2),
    )),
    counted("mail", during(
        sequence=st.sampled_from([str(one) for one in SEQUENCES]),
        state=st.sampled_from(("sent", "failed", "bounced")),
    )),
)  # fmt: skip
FILTERS = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
)


def test_a_filter_means_whom_looking_at_each_person_finds(groups: Groups) -> None:
    world = World(groups)

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(FILTERS)
    def agree(filter_: Any) -> None:
        answer = groups.post("/selections/query", {"filter": filter_, "limit": 500})
        assert answer.status_code == 200, answer.json
        found = {one["id"] for one in answer.json["items"]}
        assert found == {str(customer_id) for customer_id in world.means(filter_)}
        assert answer.json["total"] == len(found)

    agree()
