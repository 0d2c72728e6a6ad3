"""A registry with a queue and some people, asked over HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from ai_horde_stub import AIHordeStub, running_stub
from api_client import MakeClient
from httpx import Response
from starlette.testclient import TestClient

REQUESTOR, APPROVER, BOTH, STRANGER = "req-key", "appr-key", "both-key", "stranger-key"
PEOPLE = {
    REQUESTOR: {"username": "Req#1001"},
    BOTH: {"username": "Both#2002"},
    APPROVER: {"username": "Appr#2003"},
    STRANGER: {"username": "Stranger#3003"},
}
QUEUE = {"requestor_ids": ["1001", "2002"], "approver_ids": ["2002", "2003"]}

V1 = "/api/model_references/v1"
V2 = "/api/model_references/v2"

UPSCALER = "Upscale_x2"
"""The only esrgan model of the fixture."""


@dataclass(frozen=True)
class Review:
    """People at work on one registry."""

    client: TestClient

    def get(self, path: str, key: str | None = None) -> Any:
        headers = {} if key is None else {"apikey": key}
        return self.client.get(path, headers=headers)

    def send(self, method: str, path: str, body: Any = None, *, key: str = REQUESTOR) -> Any:
        sent = {} if body is None else {"json": body}
        return self.client.request(method, path, headers={"apikey": key}, **sent)

    def post(self, path: str, body: Any = None, *, key: str = APPROVER) -> Any:
        return self.send("POST", f"{V2}/pending_queue{path}", body, key=key)

    def queue(self, path: str, key: str = STRANGER) -> Any:
        return self.get(f"{V2}/pending_queue{path}", key)

    def propose(self, name: str = "New", *, key: str = REQUESTOR, **fields: Any) -> int:
        """Propose a new esrgan model and return the number of the change."""
        answer = self.send("POST", f"{V2}/esrgan", {"name": name, **fields}, key=key)
        assert answer.status_code == 202, answer.text
        change_id: int = answer.json()["change_id"]
        return change_id

    def propose_update(self, key: str = REQUESTOR, **fields: Any) -> int:
        """Propose other fields for the esrgan model of the fixture and return the number of the change."""
        path = f"{V2}/esrgan/model/{UPSCALER}"
        record = self.get(path).json()
        record.pop("metadata")
        answer = self.send("PUT", path, {**record, **fields}, key=key)
        assert answer.status_code == 202, answer.text
        change_id: int = answer.json()["change_id"]
        return change_id

    def status_of(self, change_id: int) -> str:
        status: str = self.queue(f"/changes/{change_id}").json()["status"]
        return status

    def approve(self, *change_ids: int, title: str = "batch") -> int:
        """Approve changes and return the number of the batch."""
        answer = self.post("/batches", {"batch_title": title, "approved_ids": change_ids})
        assert answer.status_code == 200, answer.text
        batch_id: int = answer.json()["batch_id"]
        return batch_id

    def apply(self, change_id: int, **body: Any) -> Any:
        return self.post(f"/changes/{change_id}/apply", body)

    def write(self, name: str, **fields: Any) -> None:
        """Bring a new esrgan model in."""
        change_id = self.propose(name, **fields)
        self.approve(change_id)
        assert self.apply(change_id).status_code == 200


MakeReview = Callable[..., Review]


@pytest.fixture
def people() -> Iterator[AIHordeStub]:
    """Return the AI-Horde that knows the people."""
    with running_stub(AIHordeStub(users=PEOPLE)) as stub:
        yield stub


@pytest.fixture
def make_review(make_client: MakeClient, people: AIHordeStub) -> MakeReview:
    """Return a function that starts a registry with a queue and some settings."""

    def make(*, pending_queue: dict[str, Any] | None = None, **settings: Any) -> Review:
        queue = {**QUEUE, **(pending_queue or {})}
        return Review(make_client(ai_horde_url=people.url, pending_queue=queue, **settings))

    return make


@pytest.fixture
def review(make_review: MakeReview) -> Review:
    """Return a registry with a queue, where v2 is canonical."""
    return make_review()


@pytest.fixture
def legacy_review(make_review: MakeReview) -> Review:
    """Return a registry with a queue, where the legacy format is canonical."""
    return make_review(canonical_format="legacy")


def details(answer: Response) -> list[tuple[str, list[Any]]]:
    """Return kind and place of each problem that a refused request has."""
    return [(problem["type"], problem["loc"]) for problem in answer.json()["detail"]]
