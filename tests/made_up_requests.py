"""What requests are made up of: the operations that the API describes."""

from typing import Any

import schemathesis
from schemathesis.core.result import Ok
from starlette.testclient import TestClient

Operation = schemathesis.schemas.APIOperation[Any, Any, Any, Any]


def described_operations(client: TestClient) -> list[Operation]:
    """Return every operation of a service; its description takes as long as it takes."""
    schema = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json())
    schema.app = client.app
    results = list(schema.get_all_operations())
    assert all(isinstance(result, Ok) for result in results)
    return [result.ok() for result in results if isinstance(result, Ok)]
