"""Tables out of documents say what typed records say."""

import json
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from search_catalog import image_document, stored
from shared_data import shared_path

from horde_model_reference.catalog.document_table import DocumentTable, JoinedTable, typed_record
from horde_model_reference.catalog.snapshot import build_snapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.licensing import unknown_licensing_document
from horde_model_reference.domain.record_types import get_record_type_for_category


def a_table(documents: Mapping[str, Any], category: Category = Category.image_generation) -> DocumentTable:
    return build_snapshot(category, stored(documents), revision=1, modified_at=1).table()


_ODD = {
    "spaced": image_document(tags=[" anime ", "anime"], style=" anime ", requirements={"karras": True}),
    "null": image_document(tags=None, trigger=None, style=None, inpainting=None),
    "bare": image_document(),
    "nested": image_document(
        metadata={"created_at": 5},
        finetune_series={"name": "S"},
        config={"download": []},
        size_on_disk_bytes=7,
    ),
}


def _assert_columns_are_those_of_records(category: Category, table: DocumentTable) -> None:
    records = table[:]
    for field in get_record_type_for_category(category).model_fields:
        assert list(table.column(field)) == [getattr(record, field) for record in records], field


def test_every_column_holds_what_the_records_hold() -> None:
    _assert_columns_are_those_of_records(Category.image_generation, a_table(_ODD))


def test_the_count_of_parameters_is_found_under_either_name() -> None:
    documents = {"one": {"parameters": 5}, "two": {"parameters_count": 6}}

    assert a_table(documents, Category.text_generation).column("parameters_count") == [5, 6]


@pytest.mark.parametrize("category", list(Category))
def test_every_column_of_the_recorded_data_holds_what_its_records_hold(category: Category) -> None:
    recorded: dict[str, Any] = json.loads(shared_path("golden", "v2", f"{category}.json").read_bytes())
    table = DocumentTable(category, [orjson.dumps(record) for record in recorded.values()])

    _assert_columns_are_those_of_records(category, table)


def test_what_reads_add_is_no_part_of_a_record() -> None:
    served = {
        "name": "t",
        "parameters": 1,
        "licensing": unknown_licensing_document(),
        "guidance": {"status": "undocumented", "primary_profile_id": None, "supplemental_profile_ids": []},
    }

    record = typed_record(Category.text_generation, orjson.dumps(served))

    assert record.model_fields_set == {"name", "parameters_count"}


def test_a_result_is_typed_without_nulls_and_shows_licensing() -> None:
    result = orjson.loads(a_table(_ODD).encoded(1))

    assert result["tags"] == []
    assert result["record_type"] == "image_generation"
    assert result["metadata"] == {"schema_version": "2.1.0"}
    assert result["licensing"]["license_expression"] == "NOASSERTION"
    assert "style" not in result
    assert "description" not in result


def test_a_record_that_its_type_does_not_allow_is_shown_as_it_is_stored() -> None:
    table = a_table({"bad": {"nsfw": "maybe", "tags": "none", "surprise": 1}})

    assert list(table.column("nsfw")) == [None]
    assert list(table.column("tags")) == [None]
    assert orjson.loads(table.encoded(0))["surprise"] == 1


def test_joined_tables_are_read_one_after_the_other() -> None:
    tables = [
        a_table({}),
        a_table(_ODD),
        a_table({"t": {"parameters": 3}}, Category.text_generation),
        a_table({}),
    ]
    joined = JoinedTable(tables)

    assert len(joined) == 5
    assert list(joined.column("name")) == ["spaced", "null", "bare", "nested", "t"]
    assert list(joined.column("parameters_count")) == [None, None, None, None, 3]
    assert [record.name for record in joined.take([4, 0])] == ["t", "spaced"]
    assert joined[-1] == joined[4]
    assert [record.name for record in joined[3:]] == ["nested", "t"]
    assert joined.encoded(4) == tables[2].encoded(0)
    assert [start for start, _ in joined.text_indexes()] == [0, 0, 4, 5]


def test_a_snapshot_keeps_its_table() -> None:
    snapshot = build_snapshot(Category.image_generation, stored(_ODD), revision=1, modified_at=1)

    assert snapshot.table() is snapshot.table()
