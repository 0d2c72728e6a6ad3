"""Records of categories too large to hold: the same to whoever reads them, in less memory."""

import copy as copying
import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from horde_model_reference.client.bulk_records import MOST_RECORDS_KEPT, RecordsOnDemand
from horde_model_reference.client.typed_category import QUERY_CLASSES, TypedCategory, build_typed_category
from horde_model_reference.domain.categories import Category, v2_file_name
from horde_model_reference.domain.record_types import get_record_type_for_category
from horde_model_reference.domain.records import ClipModelRecord
from horde_model_reference.sources.copies import CategoryCopy, Origin, copy_of_documents

BUILD: dict[str, Callable[[CategoryCopy], TypedCategory]] = {
    "held": build_typed_category,
    "on demand": partial(build_typed_category, on_demand_bytes=0),
}
REAL = [Category.image_generation, Category.text_generation, Category.controlnet, Category.clip]


def a_copy(documents: dict[str, dict[str, Any]], category: str = "clip") -> CategoryCopy:
    return copy_of_documents(category, documents, origin=Origin.disk, checked_at=1.0)


def some(count: int) -> CategoryCopy:
    return a_copy({f"model {number}": {"version": str(number)} for number in range(count)})


@pytest.fixture
def records() -> RecordsOnDemand:
    found = BUILD["on demand"](some(3)).handed_out()
    assert isinstance(found, RecordsOnDemand)
    return found


@pytest.mark.parametrize("category", REAL)
def test_records_made_on_demand_equal_those_that_are_held(real_v2_folder: Path, category: Category) -> None:
    content = (real_v2_folder / v2_file_name(category)).read_bytes()
    copies = [
        CategoryCopy(category=category, content=content, origin=Origin.disk, checked_at=1.0) for _ in BUILD
    ]

    held, made = (build(copy) for build, copy in zip(BUILD.values(), copies, strict=True))

    assert isinstance(made.records, RecordsOnDemand)
    assert list(made.records) == list(held.records)
    assert dict(made.records) == held.records


@pytest.mark.parametrize("category", REAL)
def test_queries_see_the_same_values(real_v2_folder: Path, category: Category) -> None:
    content = (real_v2_folder / v2_file_name(category)).read_bytes()
    copies = [
        CategoryCopy(category=category, content=content, origin=Origin.disk, checked_at=1.0) for _ in BUILD
    ]

    held, made = (build(copy).table for build, copy in zip(BUILD.values(), copies, strict=True))

    for field in (*get_record_type_for_category(category).model_fields, "primary_download_url", "nonsense"):
        assert list(made.column(field)) == list(held.column(field)), field
    assert made.take([1, 0]) == held.take([1, 0])
    assert made[-1] == held[-1]
    assert made[:2] == held[:2]


@pytest.mark.parametrize("build", BUILD.values(), ids=BUILD.keys())
def test_what_is_no_record_is_left_out(
    build: Callable[[CategoryCopy], TypedCategory], caplog: pytest.LogCaptureFixture
) -> None:
    typed = build(a_copy({"bad": {"config": 7}, "good": {"name": "renamed"}}))

    assert list(typed.records) == ["renamed"]
    assert typed.records["renamed"].name == "renamed"
    assert typed.table.column("name")[0] == "renamed"
    assert "'bad'" in caplog.text


@pytest.mark.parametrize("build", BUILD.values(), ids=BUILD.keys())
def test_what_is_handed_out_can_not_corrupt_what_others_get(
    build: Callable[[CategoryCopy], TypedCategory],
) -> None:
    typed = build(a_copy({"one": {"tags": ["a"]}}, "video_generation"))
    mine = typed.handed_out()

    with pytest.raises(TypeError):
        mine["one"].description = "changed"
    with pytest.raises(TypeError):
        typed.table.column("tags")[0].append("b")
    del mine["one"]

    assert typed.handed_out()["one"].description is None


def test_it_is_a_dict_of_records_to_whoever_uses_it(records: RecordsOnDemand) -> None:
    first = records["model 0"]

    assert isinstance(records, dict)
    assert [record.version for record in records.values()] == ["0", "1", "2"]
    assert [(name, record.version) for name, record in records.items()][1] == ("model 1", "1")
    assert records.get("model 2") == records["model 2"]
    assert (records.get("none"), records.get("none", 7), "none" in records, len(records)) == (
        None,
        7,
        False,
        3,
    )
    assert records == {name: records[name] for name in records}
    assert records != {}
    assert records == records.copy()
    assert (records | {})["model 0"] == ({} | records)["model 0"] == {**records}["model 0"] == first
    assert next(reversed(records)) == "model 2"
    with pytest.raises(KeyError):
        records["none"]


def test_it_can_be_changed_by_its_owner(records: RecordsOnDemand) -> None:
    mine = records["model 0"].model_copy(update={"version": "mine"})
    records["mine"] = mine

    assert records.setdefault("mine", records["model 1"]) is mine
    assert records.setdefault("model 1", mine).version == "1"
    assert records.pop("model 1").version == "1"
    assert records.pop("model 1", None) is None
    assert records.popitem() == ("mine", mine)
    assert records.popitem()[1].version == "2"
    assert list(records) == ["model 0"]


@pytest.mark.parametrize(
    "copied",
    [copying.copy, copying.deepcopy, lambda found: pickle.loads(pickle.dumps(found)), dict],
)
def test_copies_by_other_means_are_plain_dicts(
    records: RecordsOnDemand, copied: Callable[[Any], Any]
) -> None:
    found = copied(records)

    assert type(found) is dict
    assert found["model 0"].version == "0"


def test_it_is_unequal_to_just_what_it_is_not_equal_to(records: RecordsOnDemand) -> None:
    same, other = dict(records), dict(list(records.items())[1:])

    assert records == same
    assert not records != same  # noqa: SIM202 - the operator is what is tested
    assert records != other


def test_a_default_is_handed_back_as_it_is_even_where_it_looks_like_a_key(records: RecordsOnDemand) -> None:
    assert records.pop("missing", "model 0") == "model 0"
    assert records.pop("missing", None) is None
    with pytest.raises(KeyError):
        records.pop("missing")


def test_records_asked_for_again_are_the_same_ones(records: RecordsOnDemand) -> None:
    assert records["model 1"] is records["model 1"]
    assert records.copy()["model 1"] is records["model 1"]


def test_handing_out_makes_no_record() -> None:
    made: list[str] = []

    def make(key: str) -> ClipModelRecord:
        made.append(key)
        return ClipModelRecord(name=key)

    records = RecordsOnDemand({"name": "key"}, make)

    copy = records.copy()
    assert (len(copy), "name" in copy, list(copy)) == (1, True, ["name"])

    assert made == []
    assert copy["name"].name == "key"
    assert made == ["key"]


def test_only_the_latest_records_are_kept() -> None:
    records = BUILD["on demand"](some(MOST_RECORDS_KEPT + 1)).records
    first = records["model 0"]

    for _ in records.values():
        pass

    assert records["model 0"] is not first
    assert records["model 0"] == first


def test_queries_run_on_records_made_on_demand() -> None:
    documents = {
        f"m{number}": {"baseline": "stable_diffusion_1", "nsfw": number % 2 == 0} for number in range(6)
    }
    typed = BUILD["on demand"](a_copy(documents, "image_generation"))
    query = QUERY_CLASSES[Category.image_generation](
        typed.table, get_record_type_for_category("image_generation")
    )

    found = query.where(nsfw=True).order_by("name", descending=True).to_list()

    assert [record.name for record in found] == ["m4", "m2", "m0"]
    assert query.where(metadata__schema_version="2.1.0").count() == 6
    assert query.filter(lambda record: record.name == "m3").first() == typed.records["m3"]


def test_a_single_document_is_found_without_parsing_the_others() -> None:
    documents = {f"model {number}": {"description": "x" * 1000, "n": number} for number in range(3000)}
    copy = a_copy(documents)

    found = copy.document("model 2999")

    assert found == documents["model 2999"]
    assert found is not copy.document("model 2999")
    assert "documents" not in vars(copy)
    assert list(copy.texts) == list(documents)
    assert orjson.loads(copy.texts["model 0"]) == documents["model 0"]
    assert not copy.has("none")
