from typing import Any

import pytest
from review_contract import APPROVER, a_change

from horde_model_reference.domain.changes import Operation, RecordForm
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.review.payloads import Proposal, proposed_payload, written_form
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.ports import Head
from horde_model_reference.review.shapers import (
    SHAPERS,
    legacy_beside,
    record_in_form,
    shape_legacy,
    shape_v2,
)

_TEXT = "text_generation"
_RULES = ReviewRules(shapers=SHAPERS)


def _text_payload(**fields: Any) -> dict[str, Any]:
    return {"record_type": _TEXT, "name": "Org/U-3B", "parameters": 3_000_000_000, **fields}


def test_a_v2_payload_is_stored_as_it_is() -> None:
    payload = {"name": "A", "description": "d"}

    assert shape_v2("esrgan", "A", payload) == (payload, None)


def test_a_v2_text_model_keeps_its_own_tags() -> None:
    payload = _text_payload(tags=["fun"], settings={"temperature": 1})

    assert shape_v2(_TEXT, "Org/U-3B", payload) == (payload, None)


@pytest.mark.parametrize(
    "fields", [{"parameters": 0}, {"parameters": None}, {"settings": {"bogus": 1}}, {"tags": 5}]
)
@pytest.mark.parametrize("form", RecordForm)
def test_a_text_model_that_breaks_the_rules_of_text_writes_is_refused(
    form: RecordForm, fields: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRecordError):
        SHAPERS[form](_TEXT, "Org/U-3B", _text_payload(**fields))


def test_a_legacy_text_model_becomes_what_its_row_in_the_table_would_be() -> None:
    payload = {
        "name": "Org/U-3B",
        "parameters": 3_000_000_000,
        "tags": ["fun"],
        "settings": {"temperature": 1},
        "metadata": {"created_at": 5},
    }

    document, legacy = shape_legacy(_TEXT, "Org/U-3B", payload)

    assert legacy is None
    assert document["tags"] == ["fun"]
    assert document["settings"] == {"temperature": 1}
    assert document["metadata"] == {"schema_version": "2.1.0", "created_at": 5}


def test_a_legacy_text_model_keeps_its_licence() -> None:
    licensing = {"license_expression": "MIT"}

    document, _ = shape_legacy(
        _TEXT, "Org/U-3B", {"name": "Org/U-3B", "parameters": 1, "licensing": licensing}
    )

    assert document["licensing"] == licensing


def test_a_legacy_record_is_stored_beside_the_document_that_it_means() -> None:
    payload = {"name": "A", "type": "realesrgan", "description": "d", "colour": "blue"}

    document, legacy = shape_legacy("esrgan", "A", payload)

    assert legacy == payload
    assert document["record_type"] == "esrgan"
    assert "colour" not in document


def test_a_legacy_record_with_a_file_outside_its_folder_is_refused() -> None:
    payload = {"name": "A", "config": {"files": [{"path": "../../a.pth"}]}}

    with pytest.raises(InvalidRecordError):
        shape_legacy("esrgan", "A", payload)


def test_a_record_without_a_legacy_record_is_told_in_the_legacy_form_all_the_same() -> None:
    head = Head(serial=1, document={"name": "A", "description": "d"})

    told = record_in_form("esrgan", head, RecordForm.legacy)

    assert told["type"] == "realesrgan"
    assert told["description"] == "d"


def test_a_text_model_is_told_in_the_legacy_form_with_its_time_stamps() -> None:
    document = {"name": "Org/U-3B", "parameters": 3_000_000_000, "metadata": {"created_at": 5}}

    told = record_in_form(_TEXT, Head(serial=1, document=document), RecordForm.legacy)

    assert told["tags"] == ["3B"]
    assert told["metadata"] == {"created_at": 5}


def test_a_category_without_legacy_form_is_told_in_v2() -> None:
    head = Head(serial=1, document={"name": "A"})

    assert record_in_form("lora", head, RecordForm.legacy) == {"name": "A"}


def test_what_only_the_legacy_record_holds_outlives_a_change_in_v2() -> None:
    legacy = {"name": "A", "type": "realesrgan", "description": "old", "available": True}
    head = Head(serial=3, document={"name": "A", "description": "old"}, legacy=legacy)
    change = a_change(
        model_name="A",
        operation=Operation.update,
        payload={"name": "A", "description": "new"},
        base_serial=3,
    )

    written = written_form(change, head, by=APPROVER, now=9, rules=_RULES)

    assert written.legacy is not None
    assert written.legacy["available"] is True
    assert written.legacy["description"] == "new"


def test_a_row_of_the_text_table_keeps_the_columns_that_nobody_knows() -> None:
    head = Head(
        serial=1,
        document={"name": "Org/U-3B", "parameters": 3_000_000_000},
        legacy={"name": "Org/U-3B", "parameters_bn": "3.0", "mood": "happy"},
    )

    cells = legacy_beside(_TEXT, head, {**head.document, "url": "https://example.org"})

    assert cells == {
        "name": "Org/U-3B",
        "parameters_bn": "3.0",
        "mood": "happy",
        "url": "https://example.org",
    }


def test_a_record_may_keep_a_name_that_differs_from_its_key() -> None:
    head = Head(serial=1, document={"name": "control_qr_xl"})
    proposal = Proposal(
        category="controlnet",
        model_name="control_qr_sdxl",
        operation=Operation.update,
        payload={"name": "control_qr_xl", "description": "d"},
    )

    assert proposed_payload(proposal, head, _RULES)["name"] == "control_qr_xl"
