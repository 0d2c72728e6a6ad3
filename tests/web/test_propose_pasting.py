"""Filling a form with a pasted record."""

import json
from typing import Any

import pytest
from review_client import Review
from web_client import Browser
from web_form import opened

SUM = "0123456789abcdef" * 4


def test_a_pasted_record_fills_the_form(proposer: Browser, review: Review) -> None:
    record = {"name": "Up", "description": "Sharp", "config": {"download": []}, "mystery": 1}

    filled = opened(proposer, "/propose/esrgan").fill(_pasted=json.dumps(record)).press("paste")

    assert filled.inputs["description"] == ["Sharp"]
    preview = filled.press("preview")
    assert "The record has no place for: mystery." in preview.text
    assert "mystery" not in review.queue(f"/changes/{filled.sent()}").json()["payload"]


def test_a_pasted_version_1_record_fills_the_form(proposer: Browser) -> None:
    record = {
        "Up": {
            "name": "Up",
            "type": "realesrgan",
            "config": {
                "files": [{"path": "Up.pth", "sha256sum": SUM}],
                "download": [{"file_name": "Up.pth", "file_path": "", "file_url": "https://a.example/up"}],
            },
        }
    }

    filled = opened(proposer, "/propose/esrgan").fill(_pasted=json.dumps(record)).press("paste")

    assert filled.inputs["name"] == ["Up"]
    assert filled.inputs["config.download.0.sha256sum"] == [SUM]
    assert filled.inputs["config.download.0.file_url"] == ["https://a.example/up"]


def test_a_pasted_text_that_is_no_record_is_refused_and_stays(proposer: Browser) -> None:
    form = opened(proposer, "/propose/esrgan")

    for text in ("", "{", "[]", '{"a": NaN}', '{"a": 1, "a": 2}', '{"type": 1}', "[" * 99_999):
        refused = form.fill(_pasted=text).press("paste")

        assert refused.answer.status_code == 422, text
        assert refused.inputs["_pasted"] == [text]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"name": "T", "record_type": "text_generation"}, "is a record of text_generation"),
        ({"name": "T", "model_name": "T", "parameters": 8}, "is a record of a text model"),
        ({"A": {"name": "A"}, "B": {"name": "B"}}, "it holds 2 records: A, B"),
        ([{"name": "A"}, {"name": "B"}], "it holds 2 records"),
        ({"colour": "red"}, "none of the fields"),
        ([], "the text is a list"),
        ([1], "the text is a list"),
    ],
)
def test_a_pasted_text_that_is_another_thing_is_refused_with_the_reason(
    proposer: Browser, record: Any, reason: str
) -> None:
    refused = opened(proposer, "/propose/esrgan").fill(_pasted=json.dumps(record)).press("paste")

    assert refused.answer.status_code == 422
    assert reason in refused.text


def test_the_only_record_of_a_list_fills_the_form(proposer: Browser) -> None:
    filled = opened(proposer, "/propose/esrgan").fill(_pasted='[{"name": "Up"}]').press("paste")

    assert filled.inputs["name"] == ["Up"]
