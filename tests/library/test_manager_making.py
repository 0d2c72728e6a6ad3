"""The manager: one for each process, how it is made and when it warms."""

import asyncio
import threading
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from managers import BLIP, http_backend, offline
from reference_servers import Primary, primary_server

from horde_model_reference import (
    ModelReferenceManager,
    PrefetchStrategy,
    ReplicateMode,
)
from horde_model_reference.backends import (
    FileSystemBackend,
    LocalReadOnlyBackend,
)

pytestmark = pytest.mark.usefixtures("no_manager")


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


def test_a_mock_of_the_manager_has_its_methods() -> None:
    mock = MagicMock(spec=ModelReferenceManager)

    mock.get_model_reference.return_value = {}

    assert mock.get_model_reference("blip") == {}
    assert isinstance(mock, ModelReferenceManager)
