"""A registry with editors of licences, asked over HTTP, on each database."""

from pathlib import Path
from typing import Any

import pytest
from postgres_server import PostgresServer
from review_client import BOTH, V2, MakeReview, Review

LICENSING = f"{V2}/licensing"
EDITOR = BOTH
"""May also propose changes to records."""


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'registry.sqlite3'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def registry(make_review: MakeReview) -> Review:
    """Return a registry with an editor, and with the records of the fixture."""
    return make_review(licensing={"editor_ids": ["2002"]})


@pytest.fixture
def any_registry(make_review: MakeReview, database_url: str) -> Review:
    """Return such a registry on each database."""
    return make_review(database_url=database_url, licensing={"editor_ids": ["2002"]})


def a_definition(license_id: str = "LicenseRef-Test", **fields: Any) -> dict[str, Any]:
    """Return the body that brings a licence in."""
    return {
        "license_id": license_id,
        "name": "A licence",
        "canonical_url": "https://example.org/licence",
        "commercial_use": "allowed",
        "redistribution": "allowed_with_conditions",
        **fields,
    }


def an_assignment(license_id: str = "MIT", **fields: Any) -> dict[str, Any]:
    """Return a conclusion that names one licence."""
    return {
        "license_expression": license_id,
        "license_ids": [license_id],
        "commercial_use": "allowed",
        "redistribution": "allowed_with_conditions",
        **fields,
    }


def an_asset(identifier: str = "nodes/upscale", license_id: str = "MIT", **fields: Any) -> dict[str, Any]:
    """Return the body that brings an asset in."""
    return {
        "asset_kind": "other",
        "asset_identifier": identifier,
        "display_name": "Upscaling nodes",
        "licensing": an_assignment(license_id),
        **fields,
    }


def edit(
    registry: Review, method: str, path: str, body: Any = None, *, key: str = EDITOR, **headers: str
) -> Any:
    """Send a request of an editor; underscores in names of headers stand for hyphens."""
    sent = {} if body is None else {"json": body}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return registry.client.request(method, f"{LICENSING}{path}", headers={"apikey": key, **names}, **sent)


def look(registry: Review, path: str, **headers: str) -> Any:
    """Read something about licences."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return registry.client.get(f"{LICENSING}{path}", headers=names)
