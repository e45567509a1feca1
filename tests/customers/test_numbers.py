"""Customer numbers under any sequence of what can happen to customers."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.customers.conftest import BASE


@pytest.fixture
def dialect() -> str:
    return "sqlite"


ACTS = st.lists(
    st.one_of(
        st.just(("create", 1)),
        st.just(("refused", 1)),
        st.tuples(st.just("batch"), st.integers(0, 6)),
        st.tuples(st.just("dry run"), st.integers(0, 6)),
        st.tuples(st.just("change"), st.integers(0, 50)),
        st.tuples(st.just("erase"), st.integers(0, 50)),
    ),
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=ACTS)
def test_numbers_go_up_by_one_and_belong_to_one_customer_for_good(
    client: FlaskClient, batch: Callable, acts: list[tuple[str, int]]
) -> None:
    """What is refused or only tried takes no number, and what is erased gives none back."""
    numbers: dict[str, int] = {}
    living: dict[str, dict[str, Any]] = {}
    last = client.post(BASE, json={"last_name": "Anfang"}).json["number"]

    def took(customer_id: str, number: int) -> None:
        nonlocal last
        assert number == last + 1
        last = numbers[customer_id] = number
        living[customer_id] = client.get(f"{BASE}/{customer_id}").json

    for act, n in acts:
        chosen = list(living.values())[n % len(living)] if living else None
        if act == "create":
            answer = client.post(BASE, json={"last_name": "Müller"}).json
            took(answer["id"], answer["number"])
        elif act == "refused":
            assert client.post(BASE, json={"first_name": "Anna"}).status_code == 422
        elif act in ("batch", "dry run"):
            rows = [{"last_name": f"Zeile {i}"} if i % 3 else {"email": "x"} for i in range(n)]
            for result in batch(*rows, dry_run=act == "dry run"):
                if result["status"] == "created" and act == "batch":
                    took(result["id"], result["number"])
        elif act == "change" and chosen:
            answer = client.patch(
                f"{BASE}/{chosen['id']}",
                json={"city": f"Stadt {n}"},
                headers={"If-Match": f'"{chosen["version"]}"'},
            )
            assert answer.json["number"] == numbers[chosen["id"]]
            living[chosen["id"]] = answer.json
        elif act == "erase" and chosen:
            client.delete(f"{BASE}/{chosen['id']}", headers={"If-Match": f'"{chosen["version"]}"'})
            del living[chosen["id"]]

    for customer_id in living:
        assert client.get(f"{BASE}/{customer_id}").json["number"] == numbers[customer_id]
