"""Text models in version 1 form: entries out, records in, and the transform of writes."""

import json
from pathlib import Path
from typing import Any

import pytest
from shared_data import shared_path

from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.formats.text_csv import convert_models_csv
from horde_model_reference.formats.text_documents import text_document
from horde_model_reference.formats.text_legacy import (
    convert_db_json,
    transform_text_write,
    v1_entry_to_v2,
    v1_text_document,
    v1_text_entries,
)

_FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


def _model(name: str = "A/M-7B", **values: Any) -> dict[str, Any]:
    return text_document(name, {"parameters": 7_000_000_000, **values})


def _plain_entry(**values: Any) -> dict[str, Any]:
    return v1_text_entries(_model(**values))[0][1]


# Version 1 out


def test_a_model_has_a_plain_entry_and_one_per_backend() -> None:
    entries = v1_text_entries(_model())

    assert [(key, entry["name"], entry["model_name"]) for key, entry in entries] == [
        ("A/M-7B", "A/M-7B", "M-7B"),
        ("aphrodite/A/M-7B", "aphrodite/A/M-7B", "M-7B"),
        ("koboldcpp/M-7B", "koboldcpp/M-7B", "M-7B"),
    ]


def test_a_bare_model_shows_the_defaults() -> None:
    assert list(_plain_entry().items()) == [
        ("name", "A/M-7B"),
        ("model_name", "M-7B"),
        ("baseline", ""),
        ("parameters", 7_000_000_000),
        ("description", ""),
        ("version", "1"),
        ("style", "generalist"),
        ("nsfw", False),
        ("tags", ["7B"]),
        ("display_name", "M 7B"),
    ]


def test_a_full_model_shows_all_in_the_recorded_order() -> None:
    entry = _plain_entry(
        capabilities={"tool_calling": {"status": "supported", "sources": []}},
        interaction_modes={"chat": {"status": "unknown", "sources": [{"url": "https://a/"}]}},
        context_window={"maximum_tokens": 4096, "sources": []},
        instruct_format="ChatML",
        url="https://u",
        display_name="Mine",
        settings={"top_p": 1},
        tags=["z", "a"],
        nsfw=True,
        style="chat",
        version="2",
        description="d",
        baseline="b",
    )

    assert list(entry.items())[2:] == [
        ("baseline", "b"),
        ("parameters", 7_000_000_000),
        ("description", "d"),
        ("version", "2"),
        ("style", "chat"),
        ("nsfw", True),
        ("tags", ["7B", "a", "chat", "z"]),
        ("settings", {"top_p": 1}),
        ("display_name", "Mine"),
        ("url", "https://u"),
        ("instruct_format", "ChatML"),
        ("context_window", {"maximum_tokens": 4096}),
        ("interaction_modes", {"chat": {"status": "unknown", "sources": [{"url": "https://a/"}]}}),
        ("capabilities", {"tool_calling": {"status": "supported"}}),
    ]


def test_a_document_with_nulls_or_without_optional_fields_shows_the_defaults() -> None:
    sparse = {"name": "M", "parameters": 0, "tags": None, "style": None, "settings": {}, "description": None}

    entry = v1_text_entries(sparse)[0][1]

    assert entry["parameters"] is None
    assert entry["tags"] == ["0B"]
    assert (entry["style"], entry["description"], entry["version"]) == ("generalist", "", "1")
    assert "settings" not in entry


@pytest.mark.parametrize("name_of_parameters", ["parameters", "parameters_count"])
def test_values_that_a_document_spells_as_texts_are_shown_as_what_they_mean(name_of_parameters: str) -> None:
    entry = v1_text_entries({"name": "M", name_of_parameters: "7000000000", "nsfw": "true"})[0][1]

    assert (entry["parameters"], entry["nsfw"], entry["tags"]) == (7_000_000_000, True, ["7B"])


def test_a_document_without_any_meaning_is_refused() -> None:
    with pytest.raises(InvalidRecordError, match="parameters"):
        v1_text_entries({"name": "M", "parameters": "many"})


@pytest.mark.parametrize(
    ("parameters", "tag"),
    [
        (560_000_000, "1B"),
        (500_000_000, "0B"),
        (1_500_000_000, "2B"),
        (2_500_000_000, "2B"),
        (12_500_000_000, "12B"),
        (2_500_000_001, "3B"),
        (-1_000_000_000, "-1B"),
    ],
)
def test_the_size_tag_rounds_ties_to_even(parameters: int, tag: str) -> None:
    assert v1_text_entries(_model(parameters=parameters))[0][1]["tags"] == [tag]


@pytest.mark.parametrize("name", ["https://host/A/M-7B", "aphrodite/A/M-7B", "koboldcpp/M-7B"])
def test_addresses_and_prefixed_names_have_no_entries(name: str) -> None:
    assert v1_text_entries({"name": name, "parameters": 1}) == []


def test_a_shared_key_has_the_place_of_the_first_and_the_value_of_the_last() -> None:
    document = v1_text_document([_model("A/M-7B", baseline="x"), _model("B/M-7B", baseline="y")])

    assert list(document) == ["A/M-7B", "aphrodite/A/M-7B", "koboldcpp/M-7B", "B/M-7B", "aphrodite/B/M-7B"]
    assert document["koboldcpp/M-7B"]["baseline"] == "y"


# Version 1 in


def test_what_version_1_adds_is_taken_away_again() -> None:
    document = v1_entry_to_v2("A/M-7B", _plain_entry())

    assert document == _model()


def test_what_an_editor_gave_is_kept() -> None:
    given: dict[str, Any] = {
        "tags": ["a", "z"],
        "style": "chat",
        "version": "2",
        "nsfw": True,
        "display_name": "Mine",
    }

    assert v1_entry_to_v2("A/M-7B", _plain_entry(**given)) == _model(**given)


def test_the_default_style_is_kept_where_the_tags_show_that_an_editor_gave_it() -> None:
    assert v1_entry_to_v2("A/M-7B", _plain_entry(style="generalist"))["style"] == "generalist"


def test_a_null_count_becomes_zero() -> None:
    assert v1_entry_to_v2("A/M-7B", {"name": "A/M-7B", "parameters": None, "tags": ["0B"]}) == _model(
        parameters=0
    )


def test_only_plain_entries_of_a_db_json_become_records() -> None:
    conversion = convert_db_json(json.dumps(v1_text_document([_model("A/M-7B"), _model("B/N-8B")])))

    assert [record.key for record in conversion.records] == ["A/M-7B", "B/N-8B"]
    assert conversion.refusals == ()


def test_an_entry_that_occurs_twice_has_its_last_value_and_an_issue() -> None:
    (record,) = convert_db_json('{"M": {"parameters": 1}, "M": {"parameters": 2, "parameters": 3}}').records

    assert record.document["parameters"] == 3
    assert record.issues == (
        "the record occurs more than once, the last one counts",
        "the key parameters occurs more than once, the last one counts",
    )


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ([], "not an object"),
        ({"parameters": "7"}, "parameters: must be a whole number"),
        ({"parameters": True}, "parameters: must be a whole number"),
        ({"description": 1}, "description: must be text"),
        ({"tags": [1]}, "tags: must be"),
        ({"settings": [1]}, "settings: must be an object"),
        ({"settings": {"a": {}}}, "settings: a must be"),
        ({"settings": {"a": float("nan")}}, "not a finite number"),
        ({"context_window": {"maximum_tokens": 0}}, "context_window.maximum_tokens"),
    ],
)
def test_a_bad_entry_is_refused_alone_with_its_reason(entry: object, reason: str) -> None:
    conversion = convert_db_json(json.dumps({"A/Bad-7B": entry, "A/M-7B": _plain_entry()}))

    assert [record.key for record in conversion.records] == ["A/M-7B"]
    assert [refusal.key for refusal in conversion.refusals] == ["A/Bad-7B"]
    assert reason in conversion.refusals[0].reason


def test_an_entry_without_a_name_is_refused() -> None:
    assert convert_db_json('{" ": {}}').refusals[0].reason == "the name is blank"


# Writes


def test_a_write_is_completed_with_what_version_1_derives() -> None:
    written = transform_text_write(
        "A/M-7B",
        {"name": "x", "parameters": "7.5e9", "tags": " b, a ", "style": "chat", "url": "", "mine": 1},
    )

    assert list(written.items()) == [
        ("name", "A/M-7B"),
        ("parameters", 7_500_000_000),
        ("tags", ["8B", "a", "b", "chat"]),
        ("style", "chat"),
        ("mine", 1),
        ("display_name", "M 7B"),
        ("model_name", "M-7B"),
        ("baseline", ""),
        ("description", ""),
        ("version", "1"),
        ("nsfw", False),
    ]


@pytest.mark.parametrize(
    ("settings", "stored"),
    [
        ({"top_p": {"unchecked": []}}, {"top_p": {"unchecked": []}}),
        ('{"top_p": 1}', {"top_p": 1}),
        ("", None),
        (None, None),
        ({}, None),
    ],
)
def test_written_settings_may_be_an_object_its_text_or_nothing(settings: object, stored: object) -> None:
    assert transform_text_write("M", {"parameters": 1, "settings": settings}).get("settings") == stored


@pytest.mark.parametrize(
    ("key", "fields", "location"),
    [
        ("aphrodite/A/M", {}, "name"),
        ("koboldcpp/M", {}, "name"),
        ("https://host/M", {}, "name"),
        ("M", {"parameters": None}, "parameters"),
        ("M", {"parameters": True}, "parameters"),
        ("M", {"parameters": 0}, "parameters"),
        ("M", {"parameters": 0.9}, "parameters"),
        ("M", {"parameters": -1}, "parameters"),
        ("M", {"parameters": "many"}, "parameters"),
        ("M", {"parameters": "inf"}, "parameters"),
        ("M", {"parameters": "sNaN"}, "parameters"),
        ("M", {"parameters": 2**63}, "parameters"),
        ("M", {"settings": {"no_such_setting": 1}}, "settings"),
        ("M", {"settings": "[1]"}, "settings"),
        ("M", {"settings": "{"}, "settings"),
        ("M", {"settings": [1]}, "settings"),
        ("M", {"tags": {"a": 1}}, "tags"),
        ("M", {"tags": [None]}, "tags"),
        ("M", {"style": ["chat"]}, "style"),
    ],
)
def test_a_write_that_makes_no_sense_is_refused(key: str, fields: dict[str, Any], location: str) -> None:
    with pytest.raises(InvalidRecordError) as refusal:
        transform_text_write(key, {"parameters": 7_000_000_000, **fields})

    assert refusal.value.problems[0].location == (location,)


def test_a_fractional_count_is_cut_off() -> None:
    assert transform_text_write("M", {"parameters": 7.9})["parameters"] == 7


# Small folders, recorded answers and the real data


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("folder", "expected"), [("legacy", "expected"), ("legacy-with-bad-records", "expected-with-bad-records")]
)
def test_a_small_table_becomes_both_versions_as_worked_out_by_hand(folder: str, expected: str) -> None:
    text = (_FIXTURES / folder / "text" / "models.csv").read_bytes().decode("utf-8")

    documents = convert_models_csv(text).documents

    v1 = v1_text_document(documents.values())
    assert json.dumps(documents) == json.dumps(_read(_FIXTURES / expected / "v2" / "text_generation.json"))
    assert json.dumps(v1) == json.dumps(_read(_FIXTURES / expected / "v1" / "text_generation.json"))


def test_the_bad_rows_of_a_small_table_are_refused_in_order() -> None:
    text = (_FIXTURES / "legacy-with-bad-records" / "text" / "models.csv").read_text(encoding="utf-8")

    refusals = convert_models_csv(text).refusals

    refused = _read(_FIXTURES / "expected-with-bad-records" / "refused.json")
    assert [refusal.key for refusal in refusals] == refused["text_generation"]


def test_the_real_table_answers_version_1_as_recorded() -> None:
    text = shared_path("reference-data", "legacy", "text", "models.csv").read_bytes().decode("utf-8")

    v1 = v1_text_document(convert_models_csv(text).documents.values())

    assert json.dumps(v1) == json.dumps(_read(shared_path("golden", "v1", "text_generation.json")))


def test_the_real_db_json_answers_version_1_as_recorded() -> None:
    conversion = convert_db_json(shared_path("reference-data", "legacy", "text", "db.json").read_bytes())

    v1 = v1_text_document(conversion.documents.values())
    assert conversion.refusals == ()
    assert json.dumps(v1) == json.dumps(_read(shared_path("golden", "v1", "text_generation.json")))


def _recorded_cases(kind: str) -> dict[str, Any]:
    cases = _read(shared_path("golden", "conversion-cases.json"))
    return {case["id"]: case for case in cases if case["kind"] == kind}


def _improve(case_id: str, v1: dict[str, Any]) -> None:
    """Turn a recorded answer into the better one that the package gives."""
    if case_id == "csv-numbers":
        for key in ("N/d", "aphrodite/N/d", "koboldcpp/d"):
            v1[key]["parameters"] = 4_100_000_000
    if case_id == "csv-extra-cols":
        for entry in v1.values():
            entry.update(version="2.0", nsfw=True)
    if case_id == "csv-dups":
        v1["koboldcpp/Same-7B"].update(baseline="b2", description="second")
    if case_id == "csv-prefixed":
        for key in ("aphrodite/aphrodite/A/Model-7B", "aphrodite/koboldcpp/Model-7B", "koboldcpp/A"):
            del v1[key]


def test_the_recorded_tables_answer_version_1_as_recorded() -> None:
    cases = _recorded_cases("csv_to_v1_and_v2")

    for case_id, case in cases.items():
        expected = case["output"]["v1"]
        _improve(case_id, expected)
        v1 = v1_text_document(convert_models_csv(case["input"]).documents.values())
        # Prefixed rows are refused, so the entries that they shadowed stand where their own model puts them.
        order_counts = case_id != "csv-prefixed"
        assert json.dumps(v1, sort_keys=not order_counts) == json.dumps(expected, sort_keys=not order_counts)


def test_the_recorded_writes_are_accepted_as_recorded() -> None:
    for case_id, case in _recorded_cases("text_write_transform").items():
        try:
            written: dict[str, Any] | None = transform_text_write(**case["input"])
        except InvalidRecordError:
            written = None
        assert case["output"]["accepted"] == (written is not None), case_id
        assert written == case["output"].get("record"), case_id


@pytest.mark.parametrize("value", ["true", 1, "no", []])
def test_a_record_that_does_not_say_plainly_whether_it_is_safe_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRecordError, match="nsfw"):
        v1_entry_to_v2("A/M-7B", {"parameters": 7, "nsfw": value})
