"""What each service documents, tried with data that fits the document and with data that does not."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from tests.structure import SERVICES

CHECKED = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
]


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> int:
    """For each operation, once with data that fits and once with data that does not."""
    return 100 if request.config.getoption("--faults") else 4


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_answers_everything_as_it_documents(service, system, examples):
    document = system.http.get(f"/api/v1/{service}/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    schema.app = system.apps[service]
    checks = CHECKS.get_by_names(CHECKED)
    wrong: dict[str, str] = {}

    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:
            try:
                _try(operation, mode, examples, dict(system.http.headers), checks)
            except Unsatisfiable:
                pass  # nothing can be wrong about a request without any parameter
            except BaseExceptionGroup as problems:
                wrong[operation.label] = str(problems.exceptions[0])[:600]

    assert wrong == {}, "\n\n".join(wrong.values())


def _try(
    operation: Any, mode: GenerationMode, examples: int, headers: dict[str, str], checks: list[Any]
) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def answers(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": headers["authorization"]}, checks=checks)

    answers()


@pytest.mark.parametrize(
    ("service", "path", "method", "header"),
    [
        ("customers", "/api/v1/customers/{customer_id}", "patch", "If-Match"),
        ("groups", "/api/v1/groups/{group_id}", "delete", "If-Match"),
        ("customers", "/api/v1/customers", "post", "Idempotency-Key"),
    ],
)
def test_headers_that_an_operation_reads_are_documented(client_for, service, path, method, header):
    document = client_for(service).get(f"/api/v1/{service}/openapi.json").json

    operation = document["paths"][path][method]

    assert header in {parameter.get("name") for parameter in operation["parameters"]}
