"""The manager: how it is made, what it reads, and what it hands out."""

import asyncio
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from file_server import Reply, serving
from reference_servers import Primary, legacy_body, primary_server, v2_body

from horde_model_reference import (
    MODEL_REFERENCE_CATEGORY,
    LoraModelRecord,
    ModelProvider,
    ModelReferenceManager,
    PrefetchStrategy,
    ReplicateMode,
    StaticModelProvider,
)
from horde_model_reference.backends import (
    FileSystemBackend,
    GitHubBackend,
    HTTPBackend,
    LocalReadOnlyBackend,
    ModelReferenceBackend,
)
from horde_model_reference.client.reader import ReferenceReader
from horde_model_reference.model_reference_records import BlipModelRecord, GenericModelRecord

pytestmark = pytest.mark.usefixtures("no_manager")
BLIP = MODEL_REFERENCE_CATEGORY.blip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "blip.json").write_bytes(v2_body("one", "two"))
    controlnet = {"control_qr_xl": {"name": "control_qr_xl", "controlnet_style": "control_qr_xl"}}
    (tmp_path / "controlnet.json").write_text(json.dumps(controlnet))
    return tmp_path


def offline(folder: Path, **options: Any) -> ModelReferenceManager:
    return ModelReferenceManager(base_path=folder, offline=True, **options)


def http_backend(url: str, folder: Path, **options: Any) -> HTTPBackend:
    github = GitHubBackend(base_path=folder)
    return HTTPBackend(
        primary_api_url=f"{url}/api", github_backend=github, enable_github_fallback=False, **options
    )


def test_a_query_tells_that_a_category_without_records_is_empty(folder: Path) -> None:
    (folder / "clip.json").write_text("{}")
    manager = offline(folder)

    assert manager.query("clip").source_status() == {"horde": "empty"}
    assert manager.query(BLIP).source_status() == {"horde": "ok"}
    assert manager.query("clip", source="any").source_status() == {"horde": "empty"}


def test_who_finds_no_records_is_told_why(tmp_path: Path) -> None:
    with serving(lambda _: Reply(418)) as server:
        manager = ModelReferenceManager(backend=http_backend(server.url, tmp_path))

        with pytest.raises(RuntimeError, match=r"no video_generation records: PRIMARY: .* gave status 418"):
            manager.get_model_reference("video_generation")
        with pytest.raises(RuntimeError, match=r"no video_generation records: PRIMARY: .* gave status 418"):
            manager.query("video_generation")
        ModelReferenceManager.reset()


class Invalidated(LocalReadOnlyBackend):
    """Learns of a change, as from another thread, just while somebody asks whether there is one."""

    def needs_refresh(self, category: str) -> bool:
        self.mark_stale(category)
        return False


def test_a_category_that_is_invalidated_while_it_is_read_is_read_again(folder: Path) -> None:
    reader = ReferenceReader(Invalidated(base_path=folder))
    assert reader.typed(BLIP) is not None

    assert reader.typed(BLIP) is not None


def test_there_is_one_manager_per_process(folder: Path) -> None:
    manager = offline(folder)

    assert offline(folder) is manager
    assert ModelReferenceManager.get_instance() is manager
    assert ModelReferenceManager.has_instance()


def test_without_a_manager_there_is_none_to_get() -> None:
    assert not ModelReferenceManager.has_instance()
    with pytest.raises(RuntimeError):
        ModelReferenceManager.get_instance()


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"offline": False},
        {"offline": True, "prefetch_strategy": PrefetchStrategy.SYNC},
        {"offline": True, "backend": LocalReadOnlyBackend(base_path=".")},
    ],
)
def test_other_arguments_than_those_of_the_manager_are_refused(folder: Path, other: dict[str, Any]) -> None:
    offline(folder)

    with pytest.raises(RuntimeError):
        ModelReferenceManager(**other)


def test_another_folder_is_ignored(folder: Path, tmp_path: Path) -> None:
    manager = offline(folder)

    assert ModelReferenceManager(base_path=tmp_path / "other", offline=True) is manager
    assert manager.data_root == folder


def test_another_mode_is_refused_only_online(folder: Path) -> None:
    manager = offline(folder)

    assert ModelReferenceManager(offline=True, replicate_mode=ReplicateMode.PRIMARY) is manager


def test_a_backend_of_another_mode_is_refused_and_leaves_no_manager(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        ModelReferenceManager(backend=FileSystemBackend(base_path=tmp_path))

    assert not ModelReferenceManager.has_instance()


def test_a_strategy_may_be_given_as_text_and_a_bad_one_is_told_with_those_there_are(folder: Path) -> None:
    assert offline(folder, prefetch_strategy="none").prefetch_strategy is PrefetchStrategy.NONE
    ModelReferenceManager.reset()
    with pytest.raises(ValueError, match="lazy, sync, deferred, async, none"):
        offline(folder, prefetch_strategy="eager")


def test_many_threads_make_one_manager(folder: Path) -> None:
    made: list[ModelReferenceManager] = []
    threads = [threading.Thread(target=lambda: made.append(offline(folder))) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(map(id, made))) == 1


def test_settings_patched_later_count_for_the_next_manager(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from horde_model_reference import horde_model_reference_settings  # noqa: PLC0415 - made on first use

    monkeypatch.setattr(horde_model_reference_settings, "offline", True)

    assert ModelReferenceManager(base_path=folder).offline


@pytest.mark.parametrize(
    ("strategy", "has_handle"),
    [("lazy", False), ("none", False), ("sync", False), ("deferred", True), ("async", True)],
)
def test_only_some_strategies_have_a_handle(folder: Path, strategy: str, has_handle: bool) -> None:
    manager = offline(folder, prefetch_strategy=strategy)

    assert (manager.deferred_prefetch_handle is not None) == has_handle
    assert not manager.is_warm
    assert manager.prefetch_pending == has_handle


def test_a_deferred_handle_made_in_sync_code_is_awaited_in_a_new_loop(folder: Path) -> None:
    manager = offline(folder, prefetch_strategy=PrefetchStrategy.DEFERRED)
    handle = manager.deferred_prefetch_handle
    assert handle is not None

    async def prefetch() -> None:
        await handle

    asyncio.run(prefetch())

    assert manager.is_warm
    assert not manager.prefetch_pending


def test_run_sync_warms(folder: Path) -> None:
    manager = offline(folder)

    manager.create_deferred_prefetch_handle().run_sync()

    assert manager.is_warm


def test_awaiting_the_handle_while_the_background_task_runs_shares_its_run(tmp_path: Path) -> None:
    with primary_server(Primary()) as server:

        async def use() -> None:
            manager = ModelReferenceManager(
                backend=http_backend(server.url, tmp_path), prefetch_strategy=PrefetchStrategy.ASYNC
            )
            handle = manager.deferred_prefetch_handle
            assert handle is not None
            await asyncio.gather(handle.run_async(), handle.run_async())
            assert manager.is_warm

        asyncio.run(use())
        ModelReferenceManager.reset()

        assert len(server.asked_for("/api/model_references/v2/blip")) == 1


def test_reading_one_category_loads_no_other(tmp_path: Path) -> None:
    with primary_server(Primary()) as server:
        manager = ModelReferenceManager(backend=http_backend(server.url, tmp_path))

        records = manager.get_model_reference(BLIP)
        ModelReferenceManager.reset()

        assert list(records) == ["from-v2"]
        assert [asked.path for asked in server.asked] == ["/api/model_references/v2/blip"]


def test_records_are_typed_and_a_bad_one_is_left_out_alone(folder: Path) -> None:
    documents = json.loads(v2_body("good", "bad"))
    documents["bad"]["config"] = 7
    (folder / "blip.json").write_text(json.dumps(documents))

    records = offline(folder).get_model_reference(BLIP)

    assert list(records) == ["good"]
    assert isinstance(records["good"], BlipModelRecord)


def test_safe_mode_raises_for_a_bad_record(folder: Path) -> None:
    (folder / "blip.json").write_text(json.dumps({"bad": {"name": "bad", "config": 7}}))

    with pytest.raises(Exception, match="bad"):
        offline(folder).get_all_model_references_or_none(safe_mode=True)


def test_a_missing_category_is_none_and_an_error_where_it_is_required(folder: Path) -> None:
    manager = offline(folder)

    assert manager.get_model_reference_or_none(MODEL_REFERENCE_CATEGORY.clip) is None
    with pytest.raises(RuntimeError):
        manager.get_model_reference(MODEL_REFERENCE_CATEGORY.clip)
    with pytest.raises(RuntimeError):
        manager.query(MODEL_REFERENCE_CATEGORY.clip)
    assert manager.get_model_reference_or_none("no such category") is None
    with pytest.raises(ValueError, match="no such category"):
        manager.query("no such category")


def test_all_references_hold_every_category_but_those_kept_elsewhere(folder: Path) -> None:
    manager = offline(folder)

    every, or_none = manager.get_all_model_references(), manager.get_all_model_references_or_none()

    assert len(every) == 13
    assert every[MODEL_REFERENCE_CATEGORY.clip] == {}
    assert list(or_none) == list(MODEL_REFERENCE_CATEGORY)
    assert or_none[MODEL_REFERENCE_CATEGORY.lora] is None


def test_former_names_find_a_model_but_not_a_query(folder: Path) -> None:
    manager = offline(folder)

    assert manager.get_model("controlnet", "control_qr_sdxl").name == "control_qr_xl"
    assert manager.get_raw_model_json("controlnet", "control_qr_sdxl") is not None
    assert manager.query("controlnet").where(name="control_qr_sdxl").first() is None
    assert manager.get_model_or_none("controlnet", "no such model") is None
    with pytest.raises(RuntimeError):
        manager.get_model("controlnet", "no such model")


def test_what_is_handed_out_can_not_corrupt_what_others_get(folder: Path) -> None:
    manager = offline(folder)
    before = manager.get_model(BLIP, "one").model_dump()

    handed_out = manager.get_model_reference(BLIP)
    raw = manager.get_raw_model_reference_json(BLIP)
    one = handed_out.pop("one")
    with pytest.raises(TypeError, match="copy"):
        one.description = "changed"
    with pytest.raises(TypeError, match="copy"):
        one.config.download.append(None)  # type: ignore[arg-type] # refused whatever it is
    assert raw is not None
    raw["one"]["name"] = "changed"
    copy = one.model_copy(deep=True)
    copy.description = "changed"
    copy.config.download.clear()

    assert manager.get_model(BLIP, "one").model_dump() == before
    assert manager.get_raw_model_reference_json(BLIP) == json.loads(v2_body("one", "two"))


def test_a_file_that_another_process_replaced_shows_at_once(folder: Path) -> None:
    manager = offline(folder)
    manager.get_model_reference(BLIP)
    (folder / "new").write_bytes(v2_body("three"))
    (folder / "new").replace(folder / "blip.json")

    assert list(manager.get_model_reference(BLIP)) == ["three"]


def test_a_file_that_breaks_leaves_its_last_good_content(folder: Path) -> None:
    manager = offline(folder)
    manager.get_model_reference(BLIP)
    (folder / "blip.json").write_bytes(b"{")

    assert list(manager.get_model_reference(BLIP)) == ["one", "two"]
    assert manager.status()[BLIP].last_error is not None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": 1}'])
def test_offline_a_broken_file_is_no_category(folder: Path, content: bytes) -> None:
    (folder / "blip.json").write_bytes(content)

    assert offline(folder).get_model_reference_or_none(BLIP) is None


def test_every_async_read_answers_as_its_sync_one(folder: Path) -> None:
    manager = offline(folder)

    async def read() -> list[object]:
        return [
            await manager.get_model_reference_async(BLIP),
            await manager.get_model_reference_or_none_async(BLIP),
            await manager.get_model_async(BLIP, "one"),
            await manager.get_model_or_none_async(BLIP, "none"),
            await manager.get_all_model_references_async(),
            await manager.get_all_model_references_or_none_async(),
            await manager.get_raw_model_reference_json_async(BLIP),
            await manager.get_raw_model_json_async(BLIP, "one"),
            await manager.get_metadata_async(BLIP),
        ]

    assert asyncio.run(read()) == [
        manager.get_model_reference(BLIP),
        manager.get_model_reference_or_none(BLIP),
        manager.get_model(BLIP, "one"),
        None,
        manager.get_all_model_references(),
        manager.get_all_model_references_or_none(),
        manager.get_raw_model_reference_json(BLIP),
        manager.get_raw_model_json(BLIP, "one"),
        None,
    ]


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


def test_a_mock_of_the_manager_has_its_methods() -> None:
    mock = MagicMock(spec=ModelReferenceManager)

    mock.get_model_reference.return_value = {}

    assert mock.get_model_reference("blip") == {}
    assert isinstance(mock, ModelReferenceManager)


def test_records_as_json_hold_what_was_set(folder: Path) -> None:
    records = offline(folder).get_model_reference(BLIP)

    as_json = ModelReferenceManager.model_reference_to_json_dict_safe(records)

    assert as_json["one"]["name"] == "one"
    assert "version" not in as_json["one"]
    with pytest.raises(ValueError, match="None"):
        ModelReferenceManager.model_reference_to_json_dict(None)


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
