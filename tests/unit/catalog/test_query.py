"""The rules of the query builder that surprise, and that look-ups change no answer (spec 30 §5)."""

from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.catalog.category_queries import (
    ControlNetQuery,
    TextModelQuery,
    build_cross_category_query,
    build_image_query,
    build_query,
)
from horde_model_reference.catalog.predicates import Predicate
from horde_model_reference.catalog.query import ModelQuery
from horde_model_reference.catalog.query_fields import FieldRef, ImageFields, false
from horde_model_reference.catalog.record_table import RecordTable
from horde_model_reference.domain.records import (
    ControlNetModelRecord,
    EsrganModelRecord,
    GenericModelRecord,
    ImageGenerationModelRecord,
    TextGenerationModelRecord,
)


def an_image_record(name: str, **fields: Any) -> ImageGenerationModelRecord:
    return ImageGenerationModelRecord.model_validate(
        {"name": name, "baseline": "stable_diffusion_1", "nsfw": False, **fields}
    )


def query_of(*records: ImageGenerationModelRecord, **options: Any) -> ModelQuery[ImageGenerationModelRecord]:
    return ModelQuery(records, ImageGenerationModelRecord, **options)


def names(records: list[Any]) -> list[str]:
    return [record.name for record in records]


_SIZED = (
    an_image_record("a", size_on_disk_bytes=5),
    an_image_record("b"),
    an_image_record("c", size_on_disk_bytes=2),
)


def test_several_values_mean_one_of_them_even_from_an_iterator() -> None:
    query = query_of(*_SIZED).where(name=iter(["c", "a"]))

    assert names(query.to_list()) == ["a", "c"]
    assert names(query.to_list()) == ["a", "c"]


def test_a_member_of_any_enum_finds_its_value() -> None:
    class Name(str, Enum):  # noqa: UP042 - this kind hashes otherwise than its values
        first = "a"

    query = query_of(*_SIZED)

    assert names(query.where(name=Name.first).to_list()) == ["a"]
    assert names(query.where(ImageFields.name.is_in([Name.first])).to_list()) == ["a"]


@pytest.mark.parametrize("operation", ["lt", "lte", "gt", "gte", "ne"])
def test_no_value_meets_no_condition_with_an_ending(operation: str) -> None:
    query = query_of(_SIZED[1]).where(**{f"size_on_disk_bytes__{operation}": 3})

    assert query.count() == 0


def test_a_field_reference_counts_no_value_as_different() -> None:
    assert names(query_of(*_SIZED).where(ImageFields.size_on_disk_bytes != 5).to_list()) == ["b", "c"]
    assert names(query_of(*_SIZED).where(ImageFields.size_on_disk_bytes >= 2).to_list()) == ["a", "c"]


def test_two_fields_of_a_record_can_be_compared() -> None:
    records = [an_image_record("x", version="x"), an_image_record("y", version="x")]

    assert names(query_of(*records).where(ImageFields.name == ImageFields.version).to_list()) == ["x"]
    assert names(query_of(*records).where(ImageFields.name != ImageFields.version).to_list()) == ["y"]
    assert names(query_of(*records).where(ImageFields.version < ImageFields.name).to_list()) == ["y"]


def test_a_path_through_nothing_is_an_error_unless_an_earlier_condition_drops_the_record() -> None:
    query = query_of(*_SIZED)
    series = an_image_record("s", finetune_series={"name": "Pony"})

    with pytest.raises(ValueError, match="finetune_series"):
        query.where(finetune_series__name="Pony", name="no such").to_list()
    assert query_of(*_SIZED, series).where(name="s").where(finetune_series__name="Pony").count() == 1


def test_methods_and_properties_are_no_fields() -> None:
    query = query_of(*_SIZED)

    with pytest.raises(ValueError, match="download_count"):
        query.where(download_count=0)
    with pytest.raises(ValueError, match="upper"):
        query.where(name__upper="A").to_list()


@pytest.mark.parametrize("value", ["ab", 5])
def test_one_value_is_not_several(value: object) -> None:
    with pytest.raises(ValueError, match="several values"):
        query_of(*_SIZED).where(name__in=value).to_list()


def test_values_that_have_no_order_are_an_error() -> None:
    with pytest.raises(ValueError, match="compared"):
        query_of(*_SIZED).where(name__lt=5).to_list()
    with pytest.raises(ValueError, match="compared"):
        query_of(*_SIZED).where(ImageFields.name < 5).to_list()


def test_equal_values_without_an_order_stay_as_they_are() -> None:
    assert names(query_of(*_SIZED).order_by("model_classification", descending=True).to_list()) == [
        "a",
        "b",
        "c",
    ]


def test_an_order_keeps_equals_in_place_and_puts_no_value_last_or_first() -> None:
    records = [*_SIZED, an_image_record("d", size_on_disk_bytes=5)]
    query = query_of(*records)

    assert names(query.order_by("size_on_disk_bytes").to_list()) == ["c", "a", "d", "b"]
    assert names(query.order_by("size_on_disk_bytes", descending=True).to_list()) == ["b", "a", "d", "c"]
    assert names(query.order_by(ImageFields.name.desc(), descending=False).limit(1).to_list()) == ["d"]


def test_rows_that_can_be_sorted_are_sorted_though_others_could_not() -> None:
    sortable = [an_image_record(f"s{n}", finetune_series={"name": f"{9 - n}"}) for n in range(3)]
    query = query_of(*_SIZED, *sortable).where(name__in=["s0", "s1", "s2"])

    assert names(query.order_by("finetune_series__name").to_list()) == ["s2", "s1", "s0"]


def test_of_equal_names_the_first_that_meets_the_conditions_stays() -> None:
    first, second = an_image_record("x", nsfw=True), an_image_record("x", nsfw=False)
    query = query_of(first, second, sources=["horde", "acme"])

    assert query.to_list() == [first]
    assert query.where(nsfw=False).to_list_with_source() == [(second, "acme")]
    assert query.where_source("acme").to_list() == [second]
    assert query.duplicate_names() == {"x": ["horde", "acme"]}
    assert query.where(nsfw=False).has_duplicate_names() is False


def test_each_record_needs_its_source() -> None:
    with pytest.raises(ValueError, match="as many sources"):
        query_of(*_SIZED, sources=["horde"])


def test_records_without_a_source_are_canonical() -> None:
    query = query_of(*_SIZED)

    assert query.sources() == ["horde"]
    assert query.source_status() == {"horde": "ok"}
    assert {source: len(records) for source, records in query.group_by_source().items()} == {"horde": 3}


def test_sources_that_failed_are_told() -> None:
    query = query_of(*_SIZED, source_status={"horde": "ok", "boom": "error"})

    assert query.failed_sources() == ["boom"]
    assert query.where(name="a").failed_sources() == ["boom"]


def test_everything_a_query_is_made_with_counts() -> None:
    query = query_of(
        *_SIZED,
        predicates=[lambda record: record.name != "a"],
        sort_key="name",
        sort_descending=True,
        offset_value=1,
        limit_value=5,
        source_predicates=[lambda source: source == "horde"],
    )

    assert names(query.to_list()) == ["b"]


def test_pages_are_slices() -> None:
    query = query_of(*_SIZED)

    assert names(query.offset(-1).to_list()) == ["c"]
    assert names(query.limit(-1).to_list()) == ["a", "b"]
    assert query.limit(0).first() is None
    assert query.offset(1).limit(1).count() == 1


def test_lists_are_told_apart_by_their_items() -> None:
    records = [
        an_image_record("x", tags=["p", "q"]),
        an_image_record("y", tags=["p", "q"]),
        an_image_record("z"),
    ]
    query = query_of(*records)

    assert query.distinct("tags") == [["p", "q"], []]
    assert {key: names(found) for key, found in query.group_by("tags").items()} == {
        ("p", "q"): ["x", "y"],
        (): ["z"],
    }


def test_conditions_combine() -> None:
    small, nameless = ImageFields.size_on_disk_bytes < 4, Predicate(lambda record: record.name == "b")
    query = query_of(*_SIZED)

    assert names(query.where(small | nameless).to_list()) == ["b", "c"]
    assert names(query.where(~small).to_list()) == ["a", "b"]
    assert query.where(small & nameless).count() == 0
    assert [(small | nameless)(record) for record in _SIZED] == [False, True, True]


def test_a_reference_is_no_path_and_reads_what_is_missing_as_nothing() -> None:
    assert query_of(*_SIZED).where(FieldRef("metadata__created_at").is_none()).count() == 3
    assert query_of(*_SIZED).where(ImageFields.nsfw == false(), FieldRef("no_such") != 1).count() == 3


def test_an_unknown_text_backend_is_an_error() -> None:
    query = TextModelQuery([], TextGenerationModelRecord)

    with pytest.raises(ValueError, match="aphrodite, koboldcpp"):
        query.for_backend("llamacpp")


def test_the_variants_of_a_backend_are_found_by_their_names() -> None:
    records = [
        TextGenerationModelRecord.model_validate({"name": name, "parameters": 1})
        for name in ("acme/Comet-8B", "koboldcpp/Comet-8B")
    ]
    query = TextModelQuery(records, TextGenerationModelRecord)

    assert names(query.for_backend("koboldcpp").to_list()) == ["koboldcpp/Comet-8B"]
    assert names(query.exclude_backend_variations().to_list()) == ["acme/Comet-8B"]


def test_controlnets_without_a_style_are_in_no_group() -> None:
    records = [
        ControlNetModelRecord.model_validate({"name": "seg", "controlnet_style": "control_seg"}),
        ControlNetModelRecord.model_validate({"name": "none"}),
    ]

    assert {
        k: names(v) for k, v in ControlNetQuery(records, ControlNetModelRecord).group_by_style().items()
    } == {"control_seg": ["seg"]}


def test_categories_that_were_not_loaded_are_left_out_of_a_query_over_all() -> None:
    enlarger = EsrganModelRecord.model_validate({"name": "E"})
    query = build_cross_category_query({"esrgan": {"E": enlarger}, "lora": None, "clip": {}})

    assert query.to_list() == [enlarger]


def test_queries_over_one_table_share_its_look_ups() -> None:
    table = RecordTable(_SIZED)

    assert build_image_query(table).where(name="a").first() is _SIZED[0]
    assert build_query(table, GenericModelRecord).where(name="a").first() is _SIZED[0]


_RECORDS = st.lists(
    st.builds(
        an_image_record,
        st.sampled_from("abcd"),
        baseline=st.sampled_from(["stable_diffusion_1", "flux_1"]),
        nsfw=st.booleans(),
        tags=st.lists(st.sampled_from(["p", "q", "r"]), max_size=2),
        size_on_disk_bytes=st.none() | st.integers(0, 3),
    ),
    max_size=12,
)
_CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "baseline": st.sampled_from(["flux_1", "stable_diffusion_1", "sdxl"]),
        "nsfw": st.booleans(),
        "name": st.sampled_from("ab") | st.lists(st.sampled_from("abcd"), max_size=3),
        "size_on_disk_bytes__gte": st.integers(0, 3),
        "tags__contains": st.sampled_from(["p", "z"]),
    },
)


def _meets(record: Any, conditions: dict[str, Any]) -> bool:
    """Say the same as a query, condition by condition, without its look-ups."""
    size: int | None = record.size_on_disk_bytes
    checks: dict[str, Callable[[Any], bool]] = {
        "baseline": lambda wanted: bool(record.baseline == wanted),
        "nsfw": lambda wanted: bool(record.nsfw == wanted),
        "name": lambda wanted: record.name in wanted,
        "size_on_disk_bytes__gte": lambda wanted: size is not None and size >= wanted,
        "tags__contains": lambda wanted: wanted in record.tags,
    }
    return all(checks[name](wanted) for name, wanted in conditions.items())


@given(
    records=_RECORDS,
    conditions=_CONDITIONS,
    tags=st.none() | st.lists(st.sampled_from(["p", "q"]), max_size=2),
)
def test_look_ups_find_what_reading_every_record_finds(
    records: list[ImageGenerationModelRecord], conditions: dict[str, Any], tags: list[str] | None
) -> None:
    query = query_of(*records).where(**conditions)
    query = query if tags is None else query.tags_any(tags)

    expected: dict[str, Any] = {}
    for record in records:
        if _meets(record, conditions) and (tags is None or not set(tags).isdisjoint(record.tags)):
            expected.setdefault(record.name, record)
    assert query.to_list() == list(expected.values())


@given(records=_RECORDS, descending=st.booleans())
def test_an_order_is_that_of_a_stable_sort(
    records: list[ImageGenerationModelRecord], descending: bool
) -> None:
    query = query_of(*records).order_by("size_on_disk_bytes", descending=descending)

    unique = list({record.name: record for record in reversed(records)}.values())[::-1]
    unique.sort(key=lambda record: next(place for place, each in enumerate(records) if each is record))
    expected = sorted(
        unique,
        key=lambda record: (record.size_on_disk_bytes is None, record.size_on_disk_bytes or 0),
        reverse=descending,
    )
    assert query.to_list() == expected
