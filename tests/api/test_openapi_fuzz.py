"""Requests made up from the API's own description: none may bring a status 5xx that nobody meant."""

from typing import Any

import pytest
import schemathesis
from api_client import MakeClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from made_up_requests import Operation, described_operations

EXAMPLES_AN_OPERATION = 12
PARTS = 4
"""So many tests share the operations, which each processor takes from."""
MEANT = {502, 503}
"""What depends on another server or on the mode of this one."""


@pytest.fixture
def operations(make_client: MakeClient) -> list[Operation]:
    return described_operations(make_client())


@pytest.mark.parametrize("part", range(PARTS))
def test_no_request_breaks_the_service(operations: list[Operation], part: int) -> None:
    assert len(operations) > 40
    for operation in operations[part::PARTS]:
        check_operation(operation)


def check_operation(operation: Operation) -> None:
    strategy = st.one_of(
        operation.as_strategy(), operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
    )

    @settings(
        max_examples=EXAMPLES_AN_OPERATION,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def no_status_is_5xx(case: schemathesis.Case[Any]) -> None:
        status = case.call().status_code

        assert status < 500 or status in MEANT, f"{operation.label}: {status}"

    no_status_is_5xx()
