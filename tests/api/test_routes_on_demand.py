"""Routes that are rarely needed come into memory when they are needed, and nobody notices."""

import subprocess
import sys
from pathlib import Path

import pytest
from api_client import MakeClient
from starlette.testclient import TestClient

from horde_model_reference.service.reading_routes import is_reading

REFERENCES = "/api/model_references"
OTHERS = [
    ("GET", f"{REFERENCES}/v2/licensing/summary", 200),
    ("GET", f"{REFERENCES}/v2/text_generation/groups", 200),
    ("GET", f"{REFERENCES}/v2/image_generation/baselines/export", 200),
    ("GET", f"{REFERENCES}/statistics/image_generation", 200),
    ("GET", f"{REFERENCES}/v2/pending_queue/changes", 401),
    ("POST", f"{REFERENCES}/v2/image_generation", 401),
    ("DELETE", f"{REFERENCES}/v2/image_generation/model/Deliberate", 401),
    ("GET", "/openapi.json", 200),
    ("GET", "/api/docs", 200),
]


@pytest.mark.parametrize(("method", "path", "status"), OTHERS)
def test_the_first_request_may_be_for_any_route(
    client: TestClient, method: str, path: str, status: int
) -> None:
    assert client.request(method, path).status_code == status


def test_the_first_request_may_ask_for_the_methods_of_a_path(client: TestClient) -> None:
    allowed = client.options(f"{REFERENCES}/v2/image_generation").headers["allow"]

    assert {"GET", "HEAD", "POST"} <= set(allowed.split(", "))


def test_reading_answers_the_same_before_and_after_the_other_routes_came(make_client: MakeClient) -> None:
    whole = make_client()
    paths = [
        path.replace("{model_category_name}", "image_generation").replace("{model_name}", "Deliberate")
        for path, operations in whole.get("/openapi.json").json()["paths"].items()
        if "get" in operations
    ]
    reading = [
        f"{REFERENCES}/v2/nowhere",
        f"{REFERENCES}/v1/nowhere",
        f"{REFERENCES}/v2/metadata/nowhere",
        f"{REFERENCES}/v2/clip/model/ViT-L/14",
        *(path for path in paths if is_reading({"method": "GET", "path": path})),
    ]
    assert len(reading) > 30
    fresh = make_client(with_records=False)

    for path in reading:
        before, after = fresh.get(path), whole.get(path)

        assert (path, before.status_code, before.content) == (path, after.status_code, after.content)


@pytest.mark.parametrize(
    "path",
    [
        "/model_references/v2/text_generation/guidance/model",
        "/model_references/v2/licensing/models/clip/x",
        "/model_references/v2/image_generation/popular",
        "/docs",
    ],
)
def test_other_paths_are_no_reading(path: str) -> None:
    assert not is_reading({"method": "GET", "path": path})


def test_a_registry_that_serves_records_has_not_loaded_the_rest(tmp_path: Path) -> None:
    code = """
import sys, horde_model_reference.service.server
print(*(name for name in ("pending_queue", "licensing_answers", "all_routes", "v2.writes", "web.pages")
        if f"horde_model_reference.service.{name}" in sys.modules), end="")
"""
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert answer.stdout == ""
