"""A service in REPLICA mode mirrors a PRIMARY, and goes on without it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from file_server import FileServer
from hmr import eventually
from reference_servers import Primary, primary_server

from horde_model_reference.bootstrap import Registry, open_registry
from horde_model_reference.domain.categories import Category
from horde_model_reference.settings import load_settings


@pytest.fixture
def primary() -> Primary:
    return Primary()


@pytest.fixture
def server(primary: Primary) -> Iterator[FileServer]:
    with primary_server(primary) as running:
        yield running


def mirror(url: str, folder: Path) -> Registry:
    return open_registry(
        load_settings(
            primary_api_url=f"{url}/api",
            data_dir=folder,
            enable_github_fallback=False,
            cache_ttl_seconds=1,
        )
    )


def names(registry: Registry, category: Category = Category.blip) -> list[str]:
    snapshot = registry.catalog.snapshot(category)
    return [] if snapshot is None else list(snapshot)


def test_it_begins_with_what_the_primary_has(server: FileServer, tmp_path: Path) -> None:
    registry = mirror(server.url, tmp_path)

    try:
        assert names(registry) == ["from-v2"]
        snapshot = registry.catalog.snapshot(Category.blip)
        assert snapshot is not None
        assert snapshot.v1 is not None
        assert "from-v2" in json.loads(snapshot.v1.content)
    finally:
        registry.close()


def test_it_follows_the_primary(server: FileServer, primary: Primary, tmp_path: Path) -> None:
    registry = mirror(server.url, tmp_path)

    try:
        primary.names = ("newer",)

        eventually(lambda: names(registry) == ["newer"])
    finally:
        registry.close()


def test_a_primary_that_fails_changes_nothing(server: FileServer, primary: Primary, tmp_path: Path) -> None:
    registry = mirror(server.url, tmp_path)

    try:
        asked = len(server.asked)
        primary.state = "rubbish_records"
        eventually(lambda: len(server.asked) > asked + 3)

        assert names(registry) == ["from-v2"]
    finally:
        registry.close()


def test_it_begins_without_the_primary_from_its_folder(
    server: FileServer, primary: Primary, tmp_path: Path
) -> None:
    mirror(server.url, tmp_path).close()
    primary.state = "fails"

    registry = mirror(server.url, tmp_path)

    try:
        assert names(registry) == ["from-v2"]
    finally:
        registry.close()
