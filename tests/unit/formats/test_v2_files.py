"""Files of v2 documents."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.formats.v2 import dump_v2_file, read_v2_file

_GOOD = {"nsfw": False, "name": "Good", "baseline": "SDXL", "x_unknown": {"kept": None}}


def _read(documents: dict[str, Any]) -> Any:
    return read_v2_file("image_generation", json.dumps(documents))


def test_documents_stay_as_they_are_stored() -> None:
    result = _read({"Good": _GOOD})

    assert list(result.documents["Good"].items()) == list(_GOOD.items())
    assert result.records[0].legacy is None


def test_a_bad_record_is_refused_alone() -> None:
    result = _read({"Bad": {"name": "Bad", "nsfw": False}, "Text": "?", "Good": _GOOD})

    assert list(result.documents) == ["Good"]
    assert [(refusal.key, refusal.reason) for refusal in result.refusals] == [
        ("Bad", "baseline: Field required"),
        ("Text", "it is a string, not an object"),
    ]


def test_a_record_with_an_unusable_number_is_refused_alone() -> None:
    result = read_v2_file("esrgan", '{"A": {"name": "A", "size_on_disk_bytes": 1e999}, "B": {"name": "B"}}')

    assert list(result.documents) == ["B"]
    assert result.refusals[0].reason == "size_on_disk_bytes: not a finite number"


def test_a_name_that_differs_from_the_key_is_an_issue() -> None:
    result = _read({"Key": _GOOD})

    assert result.records[0].issues == ("the name is 'Good', not the key",)


def test_a_record_that_occurs_twice_has_its_last_value_and_an_issue() -> None:
    result = read_v2_file("esrgan", '{"A": {"name": "A", "version": "1"}, "A": {"name": "A"}}')

    assert result.documents == {"A": {"name": "A"}}
    assert result.records[0].issues == ("the record occurs more than once, the last one counts",)


def test_a_text_that_is_no_json_object_is_refused_as_a_whole() -> None:
    result = read_v2_file("esrgan", "[]")

    assert result.records == ()
    assert [(refusal.key, refusal.reason) for refusal in result.refusals] == [
        (None, "the text is a list, not a JSON object")
    ]


def test_an_empty_file_has_no_records_and_no_refusals() -> None:
    result = read_v2_file("esrgan", b"")

    assert result.records == ()
    assert result.refusals == ()


def test_a_file_is_written_with_two_spaces_raw_letters_and_a_final_newline() -> None:
    assert (
        dump_v2_file({"é": {"b": [1], "a": None}})
        == '{\n  "é": {\n    "b": [\n      1\n    ],\n    "a": null\n  }\n}\n'
    )


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8")))
)
def test_a_written_file_is_read_back_and_written_the_same(descriptions: dict[str, str]) -> None:
    documents = {name: {"name": name, "description": text} for name, text in descriptions.items()}

    written = dump_v2_file(documents)
    again = read_v2_file("gfpgan", written.encode())

    assert again.documents == documents
    assert dump_v2_file(again.documents) == written
