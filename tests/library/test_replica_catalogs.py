"""A REPLICA knows the licences and baselines of its PRIMARY, and goes on without it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from file_server import Asked, FileServer, Reply
from reference_servers import LONG_SECONDS

from horde_model_reference.bootstrap import Registry, open_registry
from horde_model_reference.catalog.licensed_assets import LicensedAssets
from horde_model_reference.catalog.resources import Catalogs, bundled_catalogs
from horde_model_reference.domain.resources import CatalogMetadata, CatalogName, ResourceType
from horde_model_reference.settings import load_settings
from horde_model_reference.sources.disk import DiskSource
from horde_model_reference.sources.replica_catalogs import ReplicaCatalogs

LICENSING, BASELINES, GUIDANCE = (
    CatalogName.licensing,
    CatalogName.image_baselines,
    CatalogName.text_guidance,
)


def an_export(**changes: Any) -> dict[str, Any]:
    """Return an export of licences like those of a PRIMARY, one licence changed, at revision 7."""
    bundled = bundled_catalogs()[LICENSING]
    export: dict[str, Any] = json.loads(LicensedAssets([], bundled).export.content)
    export["metadata"] |= {"revision": 7}
    export["licenses"] = [*export["licenses"], {**export["licenses"][0], "license_id": "LicenseRef-New"}]
    return export | changes


class Exports:
    """What a PRIMARY answers; changed while it runs."""

    def __init__(self) -> None:
        self.export: Any = an_export()
        self.etag: str | None = '"one"'
        self.status = 200
        self.others: dict[str, Any] = {}

    def __call__(self, asked: Asked) -> Reply:
        if self.status != 200:
            return Reply(self.status, b"{}")
        if not asked.path.endswith("/licensing/export"):
            export = self.others.get(asked.path.split("/")[-2])
            return Reply(404, b"{}") if export is None else Reply(200, json.dumps(export).encode())
        headers = {} if self.etag is None else {"ETag": self.etag}
        if self.etag is not None and asked.headers.get("if-none-match") == self.etag:
            return Reply(304, b"", headers)
        return Reply(200, json.dumps(self.export).encode(), headers)


@pytest.fixture
def exports() -> Exports:
    return Exports()


@pytest.fixture
def server(exports: Exports) -> Iterator[FileServer]:
    with FileServer(exports).running() as running:
        yield running


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_catalogs(tmp_path: Path, clock: Clock) -> Iterator[Callable[[str | None], ReplicaCatalogs]]:
    opened: list[ReplicaCatalogs] = []

    def make(url: str | None) -> ReplicaCatalogs:
        files = {name: tmp_path / f"{name}.json" for name in (LICENSING, BASELINES, GUIDANCE)}
        opened.append(
            ReplicaCatalogs(DiskSource(tmp_path), files, url=url, timeout_seconds=LONG_SECONDS, clock=clock)
        )
        return opened[-1]

    yield make
    for each in opened:
        each.close()


OpenCatalogs = Callable[[str | None], ReplicaCatalogs]


def revision(catalogs: ReplicaCatalogs, known: Catalogs | None = None) -> int | None:
    """Return the revision of the licences where they are new, None where they are not."""
    found = {catalog.name: catalog for catalog in catalogs.fetch_resources(known or bundled_catalogs())}
    return found[LICENSING].metadata.revision if LICENSING in found else None


def asked_for_licences(server: FileServer) -> int:
    return sum(asked.path.endswith("/licensing/export") for asked in server.asked)


def test_the_licences_are_those_of_the_primary(server: FileServer, open_catalogs: OpenCatalogs) -> None:
    catalogs = open_catalogs(f"{server.url}/api")

    (found,) = catalogs.fetch_resources(bundled_catalogs())

    assert found.metadata == CatalogMetadata(revision=7, updated_at=1782705600)
    licenses = found.all(ResourceType.license_definition)
    assert len(licenses) == 17
    assert "LicenseRef-New" in licenses
    bundled = bundled_catalogs()[LICENSING]
    assert found.all(ResourceType.licensed_asset) == bundled.all(ResourceType.licensed_asset)
    assert licenses["MIT"] == bundled.all(ResourceType.license_definition)["MIT"]


def test_they_follow_the_primary_and_are_not_sent_twice(
    server: FileServer, exports: Exports, open_catalogs: OpenCatalogs
) -> None:
    catalogs = open_catalogs(f"{server.url}/api")
    known = {each.name: each for each in catalogs.fetch_resources({})}

    assert revision(catalogs, known) is None
    exports.export, exports.etag = an_export(metadata={"revision": 8}), '"two"'

    assert revision(catalogs, known) == 8
    assert asked_for_licences(server) == 3


def test_without_the_primary_the_last_ones_are_used(
    server: FileServer, exports: Exports, open_catalogs: OpenCatalogs, clock: Clock
) -> None:
    revision(open_catalogs(f"{server.url}/api"))
    exports.status = 500

    later = open_catalogs(f"{server.url}/api")
    assert revision(later) == 7
    assert revision(later, {each.name: each for each in later.fetch_resources({})}) is None
    assert revision(open_catalogs(None)) == 7

    exports.status, exports.export = 200, an_export(metadata={"revision": 9})
    clock.now += 60
    assert revision(later) == 9


@pytest.mark.parametrize(
    "export",
    [
        {},
        [],
        "text",
        an_export(metadata={"revision": "seven"}),
        an_export(metadata=None),
        an_export(licenses={}),
        an_export(licenses=[{}, {"license_id": "MIT"}]),
        an_export(assets=[1]),
        an_export(assets=[{"asset_kind": "other", "licensing": 1}]),
        an_export(assets=[{"asset_kind": "other", "licensing": {}}, {"asset_kind": []}]),
    ],
)
def test_what_is_no_export_changes_nothing(
    server: FileServer, exports: Exports, open_catalogs: OpenCatalogs, tmp_path: Path, export: Any
) -> None:
    exports.export = export

    assert revision(open_catalogs(f"{server.url}/api")) is None
    assert not (tmp_path / "licensing.json").exists()


def test_a_licence_of_a_later_release_is_left_out_by_itself(
    server: FileServer, exports: Exports, open_catalogs: OpenCatalogs
) -> None:
    exports.export["licenses"][0]["colour"] = "red"

    (found,) = open_catalogs(f"{server.url}/api").fetch_resources(bundled_catalogs())

    assert len(found.all(ResourceType.license_definition)) == 16


def test_baselines_and_guidance_are_those_of_the_primary_too(
    server: FileServer, exports: Exports, open_catalogs: OpenCatalogs
) -> None:
    contract = {
        "kind": "prompt_contract",
        "profile_id": "chatml",
        "display_name": "ChatML",
        "summary": "s",
        "interaction_modes": ["chat"],
    }
    metadata = {"schema_version": 1, "revision": 4, "updated_at": 5}
    exports.others = {
        "baselines": {"metadata": metadata, "baselines": {"new": {"name": "new"}}},
        "guidance": {
            "metadata": metadata,
            "profiles": {"chatml": contract, "odd": {**contract, "kind": "odd"}},
            "assignments": {"a/b": {"model_name": "a/b", "primary_profile_id": "chatml"}},
        },
    }

    found = {each.name: each for each in open_catalogs(f"{server.url}/api").fetch_resources({})}

    assert list(found[BASELINES].all(ResourceType.image_baseline)) == ["new"]
    assert list(found[GUIDANCE].all(ResourceType.guidance_profile)) == ["chatml"]
    assert list(found[GUIDANCE].all(ResourceType.guidance_assignment)) == ["a/b"]
    assert {found[name].metadata.revision for name in (BASELINES, GUIDANCE)} == {4}


def test_a_file_that_is_damaged_is_replaced(
    server: FileServer, open_catalogs: OpenCatalogs, tmp_path: Path
) -> None:
    (tmp_path / "licensing.json").write_bytes(b"{")

    assert revision(open_catalogs(f"{server.url}/api")) == 7
    assert json.loads((tmp_path / "licensing.json").read_bytes())["metadata"]["revision"] == 7


def test_a_primary_without_entity_tags_is_asked_once_an_hour(
    server: FileServer, exports: Exports, open_catalogs: OpenCatalogs, clock: Clock
) -> None:
    exports.etag = None
    catalogs = open_catalogs(f"{server.url}/api")

    for _ in range(3):
        revision(catalogs)
    asked = asked_for_licences(server)
    clock.now += 3601
    revision(catalogs)

    assert (asked, asked_for_licences(server)) == (1, 2)


def test_a_primary_that_is_away_is_left_in_peace_for_a_while(
    server: FileServer, exports: Exports, open_catalogs: OpenCatalogs, clock: Clock
) -> None:
    exports.status = 503
    catalogs = open_catalogs(f"{server.url}/api")

    for _ in range(3):
        assert revision(catalogs) is None
    asked = asked_for_licences(server)
    clock.now += 31
    exports.status = 200

    assert (asked, revision(catalogs)) == (1, 7)


def test_nobody_at_the_address_of_the_primary_leaves_the_bundled_ones(open_catalogs: OpenCatalogs) -> None:
    assert open_catalogs("http://127.0.0.1:9/api").fetch_resources(bundled_catalogs()) == []


def test_a_service_in_replica_mode_tells_of_them(server: FileServer, tmp_path: Path) -> None:
    for offline in (False, True):
        registry = _replica(server.url, tmp_path, offline=offline)
        try:
            assert registry.catalog.resources(LICENSING).metadata.revision == 7
        finally:
            registry.close()
    assert (tmp_path / "licensing" / "export.json").exists()


def _replica(url: str, folder: Path, *, offline: bool) -> Registry:
    return open_registry(
        load_settings(
            primary_api_url=f"{url}/api", data_dir=folder, enable_github_fallback=False, offline=offline
        )
    )
