"""What a manager reads and hands out."""

import asyncio
import json
from pathlib import Path

import pytest
from file_server import Reply, serving
from managers import BLIP, http_backend, offline
from reference_servers import v2_body

from horde_model_reference import (
    MODEL_REFERENCE_CATEGORY,
    ModelReferenceManager,
)
from horde_model_reference.model_reference_records import BlipModelRecord

pytestmark = pytest.mark.usefixtures("no_manager")


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


def test_records_as_json_hold_what_was_set(folder: Path) -> None:
    records = offline(folder).get_model_reference(BLIP)

    as_json = ModelReferenceManager.model_reference_to_json_dict_safe(records)

    assert as_json["one"]["name"] == "one"
    assert "version" not in as_json["one"]
    with pytest.raises(ValueError, match="None"):
        ModelReferenceManager.model_reference_to_json_dict(None)
