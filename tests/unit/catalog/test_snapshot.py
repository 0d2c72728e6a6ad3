"""One category at one revision."""

import json
import logging
from typing import Any

import pytest
from factories import a_stored_record, an_image_record, compact

from horde_model_reference.catalog.snapshot import StoredRecord, build_snapshot, served_document
from horde_model_reference.domain.categories import Category

_TEXT: dict[str, Any] = {"record_type": "text_generation", "parameters": 7_000_000_000}


def _stored(text: str, name: str = "Model") -> StoredRecord:
    return StoredRecord(name=name, document=text.encode())


def test_records_come_in_storage_order_with_their_keys_in_order() -> None:
    records = [a_stored_record("b", zeta=1, alpha=2), a_stored_record("a")]

    snapshot = build_snapshot(Category.esrgan, records, revision=1, modified_at=1)

    body = json.loads(snapshot.v2.content)
    assert list(snapshot) == list(body) == ["b", "a"]
    assert list(body["b"]) == ["name", "metadata", "zeta", "alpha", "licensing"]


def test_a_record_is_the_same_bytes_alone_and_in_its_category() -> None:
    snapshot = build_snapshot(
        Category.esrgan, [a_stored_record("ä"), a_stored_record("模型")], revision=1, modified_at=1
    )

    record = snapshot.record("模型")

    assert record is not None
    assert record in snapshot.v2.content
    assert json.loads(record) == json.loads(snapshot.v2.content)["模型"]


def test_an_unknown_name_has_no_record() -> None:
    snapshot = build_snapshot(Category.esrgan, [a_stored_record("a")], revision=1, modified_at=1)

    assert snapshot.record("b") is None
    assert snapshot.record("") is None


@pytest.mark.parametrize("category", [Category.esrgan, Category.text_generation])
@pytest.mark.parametrize("told", ["", ',"licensing":null', ',"licensing":{}'])
def test_a_record_without_a_licence_shows_that_none_is_known(category: Category, told: str) -> None:
    served = json.loads(served_document(category, f'{{"name":"A"{told}}}'.encode()))

    assert served["licensing"]["license_expression"] == "NOASSERTION"
    assert list(served) == ["name", "licensing"]


def test_a_licence_that_is_stored_is_shown() -> None:
    licensing = {"license_expression": "MIT"}

    served = json.loads(
        served_document(Category.esrgan, compact({"name": "A", "licensing": licensing}).encode())
    )

    assert served == {"name": "A", "licensing": licensing}


def test_the_word_licensing_elsewhere_is_not_taken_for_a_licence() -> None:
    document = {"name": "A", "description": '"licensing":{}', "other": {"licensing": 1}}

    served = json.loads(served_document(Category.esrgan, compact(document).encode()))

    assert served["licensing"]["license_expression"] == "NOASSERTION"
    assert served["description"] == '"licensing":{}'


def test_an_empty_document_becomes_good_json() -> None:
    assert list(json.loads(served_document(Category.esrgan, b"{}"))) == ["licensing"]


@pytest.mark.parametrize(
    ("label", "status"),
    [("ChatML", "legacy_label"), (" ", "undocumented"), ("", "undocumented"), (None, "undocumented")],
)
def test_guidance_follows_from_the_instruct_format(label: str | None, status: str) -> None:
    document = {"name": "A", **_TEXT, "instruct_format": label}

    served = json.loads(served_document(Category.text_generation, compact(document).encode()))

    assert served["guidance"] == {
        "status": status,
        "primary_profile_id": None,
        "supplemental_profile_ids": [],
    }
    assert list(served)[-2:] == ["licensing", "guidance"]


def test_an_empty_category_is_an_empty_object_in_v2_and_nothing_in_v1() -> None:
    snapshot = build_snapshot(Category.esrgan, [], revision=0, modified_at=1)

    assert snapshot.v2.content == b"{}"
    assert snapshot.v1 is None
    assert len(snapshot) == 0


@pytest.mark.parametrize("category", [Category.lora, Category.ti])
def test_what_is_managed_elsewhere_is_always_empty_in_v1(category: Category) -> None:
    snapshot = build_snapshot(category, [a_stored_record("a")], revision=1, modified_at=1)

    assert snapshot.v1 is not None
    assert snapshot.v1.content == b"{}"
    assert len(snapshot) == 1


@pytest.mark.parametrize("category", [Category.video_generation, Category.controlnet_annotator])
def test_categories_without_a_legacy_form_have_no_v1(category: Category) -> None:
    assert build_snapshot(category, [a_stored_record("a")], revision=1, modified_at=1).v1 is None


def test_v1_shows_the_legacy_record_that_is_kept() -> None:
    legacy = an_image_record("A", note="ours")
    record = a_stored_record("A", legacy=compact(legacy), baseline="stable_diffusion_1", nsfw=False)

    snapshot = build_snapshot(Category.image_generation, [record], revision=1, modified_at=1)

    assert snapshot.v1 is not None
    assert json.loads(snapshot.v1.content) == {"A": legacy}


def test_v1_follows_from_v2_where_no_legacy_record_is_kept() -> None:
    record = a_stored_record("A", baseline="stable_diffusion_1", nsfw=False)

    snapshot = build_snapshot(Category.image_generation, [record], revision=1, modified_at=1)

    assert snapshot.v1 is not None
    assert json.loads(snapshot.v1.content)["A"]["baseline"] == "stable diffusion 1"


def test_v1_is_indented_by_two() -> None:
    record = a_stored_record("A", legacy='{"name":"A","config":{"files":[]}}')

    snapshot = build_snapshot(Category.esrgan, [record], revision=1, modified_at=1)

    assert snapshot.v1 is not None
    assert snapshot.v1.content.decode() == json.dumps({"A": {"name": "A", "config": {"files": []}}}, indent=2)


def test_a_text_model_has_three_entries_and_the_last_of_an_equal_key_wins() -> None:
    records = [
        a_stored_record("one/M-7B", description="first", **_TEXT),
        a_stored_record("two/M-7B", description="second", **_TEXT),
    ]

    snapshot = build_snapshot(Category.text_generation, records, revision=1, modified_at=1)

    assert snapshot.v1 is not None
    entries = json.loads(snapshot.v1.content)
    assert list(entries) == [
        "one/M-7B",
        "aphrodite/one/M-7B",
        "koboldcpp/M-7B",
        "two/M-7B",
        "aphrodite/two/M-7B",
    ]
    assert entries["koboldcpp/M-7B"]["description"] == "second"


def test_the_grouped_v1_body_is_made_once() -> None:
    record = a_stored_record("one/M-7B", **_TEXT)
    snapshot = build_snapshot(Category.text_generation, [record], revision=1, modified_at=1)

    first = snapshot.v1_with_groups()

    assert first is not None
    assert first is snapshot.v1_with_groups()
    assert "text_model_group_summary" in json.loads(first.content)["one/M-7B"]


def test_an_empty_category_has_no_groups() -> None:
    snapshot = build_snapshot(Category.text_generation, [], revision=1, modified_at=1)

    assert snapshot.v1_with_groups() is None


def test_a_record_that_v1_can_not_tell_is_left_out_of_v1_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    records = [a_stored_record("bad"), a_stored_record("good", baseline="flux_1", nsfw=False)]

    snapshot = build_snapshot(Category.image_generation, records, revision=1, modified_at=1)

    assert snapshot.v1 is not None
    assert list(json.loads(snapshot.v1.content)) == ["good"]
    assert list(snapshot) == ["bad", "good"]
    assert "bad" in caplog.text


def test_a_document_that_is_no_json_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"\S"):
        build_snapshot(Category.text_generation, [_stored("{oops")], revision=1, modified_at=1)
