"""The conversions of legacy JSON against what the public service was seen to do."""

import json
from typing import Any

import pytest
from pydantic import ValidationError
from shared_data import shared_path

from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category, legacy_file_name
from horde_model_reference.formats import legacy_records
from horde_model_reference.formats.conversion import FileConversion
from horde_model_reference.formats.legacy import convert_legacy_file
from horde_model_reference.formats.legacy_export import dump_legacy_file, v2_to_legacy
from horde_model_reference.formats.legacy_merge import merge_legacy
from horde_model_reference.formats.v2 import dump_v2_file, read_v2_file

_JSON_CATEGORIES = [
    category
    for category, descriptor in BUILT_IN_CATEGORIES.items()
    if descriptor.has_legacy_format and category != Category.text_generation
]
_STAMPS = ("created_at", "updated_at")


def _cases(*kinds: str) -> list[dict[str, Any]]:
    cases = json.loads(shared_path("golden", "conversion-cases.json").read_bytes())
    return [case for case in cases if case["kind"] in kinds]


def _in_order(value: object) -> str:
    return json.dumps(value)


def _convert_real_file(category: str) -> FileConversion:
    file_name = legacy_file_name(category) or ""
    return convert_legacy_file(
        category, shared_path("reference-data", "legacy", "image", file_name).read_bytes()
    )


def _served(category: str) -> dict[str, Any]:
    """Return the recorded body without what the service adds: time stamps and the unknown licence."""
    documents: dict[str, Any] = json.loads(shared_path("golden", "v2", f"{category}.json").read_bytes())
    for document in documents.values():
        del document["licensing"]
        document["metadata"] = {k: v for k, v in document["metadata"].items() if k not in _STAMPS}
        if not document["metadata"]:
            del document["metadata"]
    return documents


def _without_slow_flags(documents: dict[str, Any]) -> dict[str, Any]:
    """Drop the flag that the public service takes from the file name instead of the address."""
    for document in documents.values():
        for download in document.get("config", {}).get("download", []):
            download.pop("known_slow_download", None)
    return documents


def test_recorded_legacy_files_give_the_recorded_documents() -> None:
    cases = [case for case in _cases("legacy_json_to_v2", "legacy_text_to_v2") if case["output"]["converted"]]

    for case in cases:
        given = case["input"]
        text = given if isinstance(given, str) else json.dumps(given)
        result = convert_legacy_file(case["category"], text)
        assert _in_order(result.documents) == _in_order(case["output"]["v2"]), case["id"]
        assert result.refusals == (), case["id"]
    assert cases


def test_recorded_bad_files_have_a_refusal() -> None:
    cases = [
        case for case in _cases("legacy_json_to_v2", "legacy_text_to_v2") if not case["output"]["converted"]
    ]

    for case in cases:
        given = case["input"]
        text = given if isinstance(given, str) else json.dumps(given)
        assert convert_legacy_file(case["category"], text).refusals, case["id"]
    assert cases


def test_recorded_v2_records_give_the_recorded_legacy_records() -> None:
    for case in _cases("v2_image_to_legacy"):
        legacy = v2_to_legacy(case["category"], case["input"])
        assert _in_order(legacy) == _in_order(case["output"]), case["id"]


def test_recorded_v1_bodies_are_stored_as_recorded_but_lose_nothing() -> None:
    kept_here = {"w-img-drop": {"min_bridge_version": 4, "foo": 1}}

    for case in _cases("v1_write_body"):
        if case["output"]["accepted"]:
            stored = legacy_records.stored_from_v1_body(case["category"], case["input"])
            extra = {key: stored.pop(key) for key in kept_here.get(case["id"], {})}
            assert _in_order(stored) == _in_order(case["output"]["stored"]), case["id"]
            assert extra == kept_here.get(case["id"], {})


def test_recorded_bad_v1_bodies_are_refused_at_the_recorded_places() -> None:
    for case in _cases("v1_write_body"):
        if not case["output"]["accepted"]:
            with pytest.raises(ValidationError) as caught:
                legacy_records.LEGACY_RECORD_TYPES[case["category"]].model_validate(case["input"])
            errors = caught.value.errors()
            assert [".".join(map(str, error["loc"])) for error in errors] == case["output"]["error_locations"]
            assert [error["type"] for error in errors] == case["output"]["error_types"]


@pytest.mark.parametrize("category", _JSON_CATEGORIES)
def test_the_real_file_gives_what_the_public_service_answers(category: str) -> None:
    result = _convert_real_file(category)

    assert result.refusals == ()
    assert _in_order(_without_slow_flags(result.documents)) == _in_order(
        _without_slow_flags(_served(category))
    )


def test_in_the_real_files_exactly_the_civitai_downloads_are_marked_slow() -> None:
    for category in _JSON_CATEGORIES:
        for document in _convert_real_file(category).documents.values():
            for download in document["config"]["download"]:
                assert download["known_slow_download"] == ("//civitai.com/" in download["file_url"])


@pytest.mark.parametrize("category", _JSON_CATEGORIES)
def test_a_real_record_survives_the_way_to_legacy_and_back(category: str) -> None:
    documents = _convert_real_file(category).documents
    legacy = {key: v2_to_legacy(category, document) for key, document in documents.items()}

    again = convert_legacy_file(category, dump_legacy_file(legacy))

    assert _in_order(again.documents) == _in_order(documents)


@pytest.mark.parametrize("category", _JSON_CATEGORIES)
def test_a_real_record_that_did_not_change_keeps_its_legacy_form(category: str) -> None:
    for record in _convert_real_file(category).records:
        assert record.legacy is not None
        merged = merge_legacy(category, record.legacy, record.document, record.document)
        assert _in_order(merged) == _in_order(record.legacy)


@pytest.mark.parametrize("category", _JSON_CATEGORIES)
def test_the_real_documents_are_the_same_after_a_v2_file(category: str) -> None:
    documents = _convert_real_file(category).documents
    written = dump_v2_file(documents)

    assert _in_order(read_v2_file(category, written).documents) == _in_order(documents)


def _without_prose(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_prose(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[-1].removesuffix("-Input").removesuffix("-Output")
    dropped = {"$defs"} | {key for key in ("title", "description") if isinstance(schema.get(key), str)}
    dropped |= {key for key in ("default",) if key in schema and schema[key] is None}
    return {
        key: sorted(value) if key == "enum" else _without_prose(value)
        for key, value in schema.items()
        if key not in dropped
    }


@pytest.mark.parametrize(("suffix", "mode"), [("-Input", "validation"), ("-Output", "serialization")])
def test_the_legacy_types_have_the_recorded_schemas(suffix: str, mode: Any) -> None:
    facts = json.loads(shared_path("contract", "openapi-facts.json").read_bytes())
    schemas = facts["components"].get("schemas", facts["components"])
    names = [name for name in facts["schemas_only_with_legacy_write_routes"] if name.endswith(suffix)]

    for name in names:
        record_type = getattr(legacy_records, name.removesuffix(suffix))
        ours = _without_prose(record_type.model_json_schema(mode=mode))
        assert ours == _without_prose(schemas[name]), name
    assert len(names) == 13
