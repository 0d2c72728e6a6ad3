"""The operations of the API are those that existing clients were made from (contract/openapi-facts.json)."""

import json
import re
from typing import Any

import pytest
from shared_data import shared_path
from starlette.testclient import TestClient

SIDE_RESOURCES = ("/text_generation/", "/baselines")
"""Parts of the API that are the same whichever format is canonical, edits included."""


@pytest.fixture
def recorded() -> dict[tuple[str, str], dict[str, Any]]:
    facts = json.loads(shared_path("contract", "openapi-facts.json").read_text("utf-8"))
    return by_operation(facts["paths"])


@pytest.fixture
def served(client: TestClient) -> dict[tuple[str, str], dict[str, Any]]:
    return by_operation(client.get("/api/openapi.json").json()["paths"])


def by_operation(paths: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, re.sub(r"\{(\w+):path\}", r"{\1}", path)): operation
        for path, operations in paths.items()
        for method, operation in operations.items()
    }


def is_served(method: str, path: str) -> bool:
    return method == "get" or any(part in path for part in SIDE_RESOURCES)


def test_every_operation_on_licences_is_served_under_its_operation_id(
    recorded: dict[tuple[str, str], dict[str, Any]], served: dict[tuple[str, str], dict[str, Any]]
) -> None:
    wanted = {key: found["operationId"] for key, found in recorded.items() if "/licensing/" in key[1]}

    assert {key: served[key]["operationId"] for key in wanted} == wanted
    assert len(wanted) == 13


def test_every_read_and_every_edit_of_side_resources_is_served_under_its_operation_id(
    recorded: dict[tuple[str, str], dict[str, Any]], served: dict[tuple[str, str], dict[str, Any]]
) -> None:
    wanted = {key: found["operationId"] for key, found in recorded.items() if is_served(*key)}

    found = {key: served[key]["operationId"] for key in wanted if key in served}

    assert {key: found.get(key) for key in wanted} == wanted


def test_served_operations_take_the_recorded_parameters(
    recorded: dict[tuple[str, str], dict[str, Any]], served: dict[tuple[str, str], dict[str, Any]]
) -> None:
    for key in recorded.keys() & served.keys():
        wanted = {(found["name"], found["in"]) for found in recorded[key]["parameters"]}
        given = {(found["name"], found["in"]) for found in served[key].get("parameters", ())}

        assert wanted <= given | {("apikey", "header")}, key


def test_operation_ids_are_unique(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    ids = [operation["operationId"] for operations in paths.values() for operation in operations.values()]

    assert len(ids) == len(set(ids))


def test_the_description_names_its_servers_and_version(client: TestClient) -> None:
    description = client.get("/openapi.json").json()

    assert [server["url"] for server in description["servers"]] == [
        "/api",
        "https://models.aihorde.net/api",
        "http://localhost:19800/api",
    ]
    assert description["info"]["title"] == "Horde Model Reference API"
    assert description["info"]["version"].startswith("8.")
