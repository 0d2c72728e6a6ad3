"""Where the records of a manager come from: backends, providers, the network."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from file_server import serving
from managers import BLIP, http_backend, offline
from reference_servers import Primary, legacy_body, primary_server

from horde_model_reference import (
    MODEL_REFERENCE_CATEGORY,
    LoraModelRecord,
    ModelProvider,
    ModelReferenceManager,
    ReplicateMode,
    StaticModelProvider,
)
from horde_model_reference.backends import (
    LocalReadOnlyBackend,
    ModelReferenceBackend,
)
from horde_model_reference.client.reader import ReferenceReader
from horde_model_reference.model_reference_records import GenericModelRecord

pytestmark = pytest.mark.usefixtures("no_manager")


class Invalidated(LocalReadOnlyBackend):
    """Learns of a change, as from another thread, just while somebody asks whether there is one."""

    def needs_refresh(self, category: str) -> bool:
        self.mark_stale(category)
        return False


def test_a_category_that_is_invalidated_while_it_is_read_is_read_again(folder: Path) -> None:
    reader = ReferenceReader(Invalidated(base_path=folder))
    assert reader.typed(BLIP) is not None

    assert reader.typed(BLIP) is not None


class _Lora(ModelProvider):
    def __init__(self, fails: bool = False) -> None:
        self._fails = fails

    @property
    def source_id(self) -> str:
        return "loras"

    def provided_categories(self) -> set[str]:
        return {MODEL_REFERENCE_CATEGORY.lora}

    def fetch_category(
        self, category: str, *, force_refresh: bool = False
    ) -> Mapping[str, GenericModelRecord] | None:
        if self._fails:
            raise OSError("down")
        return {"a lora": LoraModelRecord(name="a lora")}


def test_a_provider_serves_a_category_that_is_kept_elsewhere(folder: Path) -> None:
    manager = offline(folder)
    manager.register_provider(_Lora())

    assert list(manager.get_model_reference("lora", source="loras")) == ["a lora"]
    assert manager.query("lora", source="any").count() == 1
    assert manager.list_providers() == ["loras"]
    assert manager.unregister_provider("loras")
    assert not manager.unregister_provider("loras")


def test_a_provider_that_fails_is_left_out_and_told_of(folder: Path) -> None:
    manager = offline(folder)
    manager.register_provider(_Lora(fails=True))

    assert manager.get_model_reference_or_none("lora", source="loras") is None
    assert manager.query("lora", source=["loras", "horde"]).source_status() == {
        "loras": "error",
        "horde": "empty",
    }


def test_the_earlier_source_wins_a_name(folder: Path) -> None:
    manager = offline(folder)
    raw = {"blip": {"one": {"description": "proposed"}, "three": {}}}
    manager.register_provider(StaticModelProvider.from_raw("mine", raw))

    first = manager.get_model_reference(BLIP, source=["mine", "horde"])
    last = manager.get_model_reference(BLIP, source="any")

    assert list(first) == ["one", "three", "two"]
    assert first["one"].description == "proposed"
    assert list(last) == ["one", "two", "three"]
    assert last["one"].description is None
    assert manager.query(BLIP, source="any").duplicate_names() == {"one": ["horde", "mine"]}


@pytest.mark.parametrize("source_id", ["", "horde", "any"])
def test_some_ids_are_not_for_providers(source_id: str) -> None:
    with pytest.raises(ValueError, match="provider"):
        StaticModelProvider(source_id, {})


def test_an_unknown_source_is_an_error(folder: Path) -> None:
    with pytest.raises(ValueError, match="nobody"):
        offline(folder).get_model_reference(BLIP, source="nobody")


def test_a_provider_of_the_wrong_class_is_told(folder: Path) -> None:
    manager = offline(folder)
    manager.register_provider(StaticModelProvider("odd", {"blip": {"a": LoraModelRecord(name="a")}}))

    with pytest.raises(RuntimeError):
        manager.query(BLIP, source="odd")


def test_a_replica_counts_nothing(folder: Path) -> None:
    manager = offline(folder)

    assert not manager.supports_metadata()
    assert manager.get_metadata(BLIP) is None
    assert manager.last_updated(BLIP) is None
    with pytest.raises(NotImplementedError):
        manager.get_metadata(BLIP, raise_if_unsupported=True)


def test_a_primary_writes_files_and_counts(folder: Path) -> None:
    manager = ModelReferenceManager(base_path=folder, replicate_mode=ReplicateMode.PRIMARY)

    manager.backend.update_model(BLIP, "three", {"description": "new"})
    manager.backend.delete_model(BLIP, "one")

    assert list(manager.get_model_reference(BLIP)) == ["two", "three"]
    metadata = manager.get_metadata(BLIP)
    assert metadata is not None
    assert (metadata.total_creates, metadata.total_deletes, metadata.total_models) == (1, 1, 2)


def test_a_backend_of_the_program_s_own_is_read(folder: Path) -> None:
    class Mine(ModelReferenceBackend):
        def fetch_category(self, category: str, *, force_refresh: bool = False) -> Any:
            return {"mine": {"name": "mine"}} if category == BLIP else None

    backend = Mine()
    manager = ModelReferenceManager(backend=backend)

    assert manager.backend is backend
    assert list(manager.get_model_reference(BLIP)) == ["mine"]


def test_marking_a_category_as_stale_lets_the_next_read_ask(tmp_path: Path) -> None:
    primary = Primary()
    with primary_server(primary) as server:
        manager = ModelReferenceManager(backend=http_backend(server.url, tmp_path))
        manager.get_model_reference(BLIP)
        primary.names = ("newer",)

        manager.backend.mark_stale(BLIP)

        assert list(manager.get_model_reference(BLIP)) == ["newer"]
        ModelReferenceManager.reset()


def test_overwriting_asks_again(tmp_path: Path) -> None:
    primary = Primary()
    with primary_server(primary) as server:
        manager = ModelReferenceManager(backend=http_backend(server.url, tmp_path))
        manager.get_model_reference(BLIP)
        primary.names = ("newer",)

        assert list(manager.get_model_reference(BLIP)) == ["from-v2"]
        assert list(manager.get_model_reference(BLIP, overwrite_existing=True)) == ["newer"]
        ModelReferenceManager.reset()


def test_the_status_tells_where_each_category_is_from(tmp_path: Path) -> None:
    with primary_server(Primary()) as server:
        manager = ModelReferenceManager(backend=http_backend(server.url, tmp_path))
        manager.get_model_reference(BLIP)

        status = manager.status()
        ModelReferenceManager.reset()

    assert status[BLIP].source == "primary_v2"
    age = status[BLIP].age_seconds
    assert age is not None
    assert age < 60
    assert status[BLIP].revision is not None
    assert status[BLIP].last_error is None
    assert status[MODEL_REFERENCE_CATEGORY.clip].source is None


def test_legacy_records_are_read_from_the_primary(tmp_path: Path) -> None:
    primary = Primary()
    primary.state = "v1"
    with primary_server(primary) as server:
        backend = http_backend(server.url, tmp_path)

        assert backend.get_legacy_json(BLIP) == json.loads(legacy_body("from-v1"))
        backend.close()


def test_legacy_records_of_the_primary_win_over_those_that_once_came_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "legacy").mkdir()
    (tmp_path / "legacy" / "blip.json").write_bytes(legacy_body("of-old"))
    primary = Primary()
    primary.state = "v1"
    with primary_server(primary) as server:
        backend = http_backend(server.url, tmp_path)

        from_primary = backend.get_legacy_json(BLIP)
        primary.state = "fails"
        without_primary = backend.get_legacy_json(BLIP)
        backend.close()

    assert from_primary == json.loads(legacy_body("from-v1"))
    assert without_primary == json.loads(legacy_body("of-old"))


def test_http_traffic_goes_through_the_proxy_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with primary_server(Primary()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        manager = ModelReferenceManager(backend=http_backend("http://models.invalid", tmp_path))

        records = manager.get_model_reference(BLIP)
        ModelReferenceManager.reset()

    assert list(records) == ["from-v2"]
    assert proxy.asked[0].path == "http://models.invalid/api/model_references/v2/blip"


def test_offline_never_uses_the_network(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Primary()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        manager = offline(folder)

        manager.ensure_ready(overwrite_existing=True)
        manager.refresh_image_baselines()
        manager.licensing_store.export()

    assert proxy.asked == []


def test_what_is_marked_as_stale_while_it_is_fetched_is_fetched_again() -> None:
    class Mine(ModelReferenceBackend):
        name = "old"

        def fetch_category(self, category: str, *, force_refresh: bool = False) -> Any:
            found = {self.name: {"name": self.name}} if category == BLIP else None
            if self.name == "old":  # somebody else writes before this is handed out
                self.name = "new"
                self.mark_stale(BLIP)
            return found

    manager = ModelReferenceManager(backend=Mine())
    manager.get_model_reference(BLIP)

    assert list(manager.get_model_reference(BLIP)) == ["new"]
