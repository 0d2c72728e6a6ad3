"""From the key to the person and their roles, over HTTP (spec 20)."""

import logging
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from ai_horde_stub import AIHordeStub, Trouble, failing, running_stub, truncated
from api_client import MakeClient
from fastapi import FastAPI, Query
from starlette.testclient import TestClient

from horde_model_reference.bootstrap import Registry, open_registry
from horde_model_reference.service.auth import CurrentCaller
from horde_model_reference.service.errors import add_error_handlers
from horde_model_reference.settings import load_settings

ROLES = "/api/model_references/v2/me/roles"
KEYS = ("requestor-key", "approver-key", "editor-key", "reader-key")
LISTS: dict[str, Any] = {
    "pending_queue": {"requestor_ids": ["1001", ""], "approver_ids": [" 1002 "]},
    "licensing": {"editor_ids": ["1003"]},
}


@pytest.fixture
def stub() -> Iterator[AIHordeStub]:
    with running_stub() as stub:
        yield stub


@pytest.fixture
def client(make_client: MakeClient, stub: AIHordeStub) -> TestClient:
    return make_client(ai_horde_url=stub.url, **LISTS)


def guarded_client(registry: Registry) -> TestClient:
    """Return a client of one route for each guard, and of the errors that the service makes."""
    app = FastAPI()
    app.state.registry = registry
    add_error_handlers(app)

    @app.get("/{guard}")
    async def guarded(guard: str, caller: CurrentCaller, count: Annotated[int, Query(ge=1)] = 1) -> str:
        guards = {
            "reader": caller.reader,
            "requestor": caller.requestor,
            "approver": caller.approver,
            "editor": caller.license_editor,
            "direct": caller.direct_writer,
        }
        return (await guards[guard]()).user_id

    return TestClient(app)


@pytest.fixture
def guards(client: TestClient, stub: AIHordeStub) -> Iterator[TestClient]:
    registry = open_registry(load_settings(replicate_mode="REPLICA", ai_horde_url=stub.url, **LISTS))
    yield guarded_client(registry)
    registry.close()


@pytest.fixture
def listless_guards(stub: AIHordeStub) -> Iterator[TestClient]:
    registry = open_registry(load_settings(replicate_mode="REPLICA", ai_horde_url=stub.url))
    yield guarded_client(registry)
    registry.close()


@pytest.mark.parametrize(
    ("key", "user_id", "roles"),
    [
        ("requestor-key", "1001", ["requestor"]),
        ("approver-key", "1002", ["approver", "requestor"]),
        ("editor-key", "1003", ["license_editor"]),
        ("reader-key", "2001", []),
    ],
)
def test_everybody_is_told_their_roles(client: TestClient, key: str, user_id: str, roles: list[str]) -> None:
    body = client.get(ROLES, headers={"apikey": key}).json()

    assert (body["user_id"], body["roles"]) == (user_id, roles)
    assert body["is_approver"] is ("approver" in roles)
    assert body["is_requestor"] is ("requestor" in roles)
    assert body["is_license_editor"] is ("license_editor" in roles)


def test_a_replica_tells_roles_too(make_client: MakeClient, stub: AIHordeStub) -> None:
    client = make_client(replicate_mode="REPLICA", ai_horde_url=stub.url)

    assert client.get(ROLES, headers={"apikey": "reader-key"}).json()["username"] == "odd#name#2001"


@pytest.mark.parametrize("headers", [{}, {"apikey": ""}])
def test_a_request_without_a_key_is_not_authenticated(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.get(ROLES, headers=headers)

    assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated"})
    assert answer.headers["www-authenticate"] == "APIKey"


@pytest.mark.parametrize("key", ["bogus", "anonymous-key"])
def test_a_key_that_is_nobodys_is_invalid(client: TestClient, key: str) -> None:
    answer = client.get(ROLES, headers={"apikey": key})

    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid API key"})
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("trouble", [failing(500), failing(429), truncated], ids=["500", "429", "truncated"])
def test_trouble_of_the_ai_horde_is_told_as_such(
    client: TestClient, stub: AIHordeStub, trouble: Trouble
) -> None:
    stub.trouble = trouble

    answer = client.get(ROLES, headers={"apikey": "reader-key"})

    assert answer.status_code == 503
    stub.trouble = None
    assert client.get(ROLES, headers={"apikey": "reader-key"}).status_code == 200


def test_an_identity_is_asked_for_once(client: TestClient, stub: AIHordeStub) -> None:
    for _ in range(3):
        client.get(ROLES, headers={"apikey": "reader-key"})

    assert stub.paths() == ["find_user"]
    assert stub.requests[0][1]["client-agent"].startswith("horde-model-reference:")


def test_no_key_is_ever_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for key in ("reader-key", "secret-but-wrong"):
        client.get(ROLES, headers={"apikey": key})

    assert "reader-key" not in caplog.text
    assert "secret-but-wrong" not in caplog.text


@pytest.mark.parametrize(
    ("guard", "statuses"),
    [
        ("reader", [200, 200, 200, 200]),
        ("requestor", [200, 200, 403, 403]),
        ("approver", [403, 200, 403, 403]),
        ("editor", [403, 403, 200, 403]),
        ("direct", [401, 200, 401, 401]),
    ],
)
def test_each_guard_lets_in_those_on_its_list(guards: TestClient, guard: str, statuses: list[int]) -> None:
    assert [guards.get(guard, headers={"apikey": key}).status_code for key in KEYS] == statuses


@pytest.mark.parametrize("guard", ["requestor", "approver", "editor", "direct"])
def test_an_empty_list_lets_nobody_in_and_asks_nobody(
    listless_guards: TestClient, stub: AIHordeStub, guard: str
) -> None:
    answer = listless_guards.get(guard, headers={"apikey": "approver-key"})

    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid API key"})
    assert stub.requests == []


def test_a_refusal_names_the_list(guards: TestClient) -> None:
    detail = guards.get("approver", headers={"apikey": "reader-key"}).json()["detail"]

    assert "approver" in detail


def test_a_missing_key_comes_before_a_faulty_request(guards: TestClient) -> None:
    assert guards.get("requestor", params={"count": 0}).status_code == 401


def test_a_faulty_request_comes_before_the_look_up(guards: TestClient, stub: AIHordeStub) -> None:
    answer = guards.get("requestor", params={"count": 0}, headers={"apikey": "bogus"})

    assert answer.status_code == 422
    assert stub.requests == []
