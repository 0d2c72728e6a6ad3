from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_contract import APPROVER, REQUESTOR, a_change
from shared_data import shared_path

from horde_model_reference.domain.changes import (
    InvalidNameError,
    InvalidRequestError,
    RecordTooLargeError,
    ReservedNameError,
)
from horde_model_reference.domain.errors import InvalidRecordError, NotPermittedError
from horde_model_reference.formats.json_text import read_json_object
from horde_model_reference.review.policy import (
    ReviewRules,
    check_baseline,
    check_document,
    check_identity,
    check_licenses,
    check_name,
    check_proposer,
    check_text,
    check_two_people,
)


def _licensed(*ids: str, **files: Any) -> dict[str, Any]:
    return {"licensing": {"license_ids": list(ids), "files": files}}


def test_nobody_decides_about_their_own_change() -> None:
    with pytest.raises(NotPermittedError, match="somebody else"):
        check_two_people(a_change(requested_by="2003"), APPROVER, ReviewRules())


def test_the_two_person_rule_can_be_switched_off() -> None:
    check_two_people(a_change(requested_by="2003"), APPROVER, ReviewRules(allow_self_approval=True))


def test_only_the_proposer_may_do_what_is_theirs() -> None:
    check_proposer(a_change(), REQUESTOR)
    with pytest.raises(NotPermittedError, match="Req#1001"):
        check_proposer(a_change(), APPROVER)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " A",
        "A ",
        "A\n",
        "A\x00B",
        "A\x7fB",
        "A\u202eB",
        "A\u200bB",
        "A\u2028B",
        "A\u2029B",
        "A\ud800",
        "A\\B",
        "..",
        "../../etc/passwd",
        "A/../B",
        "./A",
        "/A",
        "A/",
        "A//B",
        "https://example.org/A",
        "x" * 201,
    ],
)
@pytest.mark.parametrize("category", ["esrgan", "text_generation"])
def test_a_hostile_name_is_refused(category: str, name: str) -> None:
    with pytest.raises(InvalidNameError) as refused:
        check_name(category, name)

    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    "name", ["A", "ViT-L/14", "4x_AnimeSharp", "Ünï cödé", "模型", "a.b", "...", "x" * 200, "🦙"]
)
def test_an_ordinary_name_is_fine(name: str) -> None:
    check_name("esrgan", name)


def test_every_name_in_use_is_fine() -> None:
    for file in sorted(shared_path("golden", "v2").glob("*.json")):
        for name in read_json_object(file.read_bytes()):
            if not (file.stem == "text_generation" and name.startswith(("aphrodite/", "koboldcpp/"))):
                check_name(file.stem, name)


def test_names_of_backend_copies_are_reserved_among_text_models_only() -> None:
    check_name("esrgan", "aphrodite/x")
    with pytest.raises(ReservedNameError):
        check_name("text_generation", "aphrodite/Org/Gamma-3B")


@given(st.text())
def test_any_name_is_accepted_or_refused_with_the_same_error(name: str) -> None:
    try:
        check_name("esrgan", name)
    except InvalidNameError:
        return
    assert name.strip() == name


def _nested(depth: int) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for _ in range(depth):
        document = {"a": document}
    return document


@pytest.mark.parametrize(
    "document",
    [
        {"a": float("nan")},
        {"a": [float("inf")]},
        {"a": "\ud800"},
        {"\udfff": 1},
        {"a": ["b\x00"]},
        {"a\x00": 1},
        {"a": 2**64},
        {"a": -(2**63) - 1},
        _nested(300),
        _nested(5000),
    ],
)
def test_a_document_that_not_everybody_can_read_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecordError):
        check_document(document, max_bytes=10_000_000)


def test_a_document_is_measured_as_compact_json() -> None:
    check_document({"a": "ü"}, max_bytes=10)
    with pytest.raises(RecordTooLargeError, match="10 bytes"):
        check_document({"a": "ü"}, max_bytes=9)


@pytest.mark.parametrize("text", ["", "  ", "x" * 11, "\ud800", "a\x00b"])
def test_a_text_that_is_blank_long_or_unstorable_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        check_text(text, "comment", max_length=10)


def test_a_text_is_stripped_and_may_be_as_long_as_is_allowed() -> None:
    assert check_text("  why \n", "comment", max_length=10) == "why"
    assert check_text("x" * 10, "comment", max_length=10) == "x" * 10


@pytest.mark.parametrize("payload", [{"name": "B"}, {}, {"name": None}, {"name": "A", "record_type": "clip"}])
def test_a_record_that_is_not_the_one_named_is_refused(payload: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecordError):
        check_identity("esrgan", "A", payload)


def test_a_record_of_the_category_or_without_a_type_is_fine() -> None:
    check_identity("esrgan", "A", {"name": "A", "record_type": "esrgan"})
    check_identity("esrgan", "A", {"name": "A"})


def test_a_record_may_go_on_being_called_what_it_is_called_under_its_key() -> None:
    check_identity("esrgan", "Key", {"name": "Former"}, kept_name="Former")
    check_identity("esrgan", "Key", {"name": "Key"}, kept_name="Former")
    with pytest.raises(InvalidRecordError):
        check_identity("esrgan", "Key", {"name": "Former"})
    with pytest.raises(InvalidRecordError):
        check_identity("esrgan", "Key", {"name": "Other"}, kept_name="Former")


def test_an_image_baseline_must_be_in_the_catalogue() -> None:
    rules = ReviewRules(baselines={"stable_diffusion_1"})

    check_baseline("image_generation", {"baseline": "stable_diffusion_1"}, rules)
    check_baseline("lora", {"baseline": "whatever"}, rules)
    check_baseline("image_generation", {"baseline": "whatever"}, ReviewRules())
    with pytest.raises(InvalidRecordError, match="stable diffusion 1"):
        check_baseline("image_generation", {"baseline": "stable diffusion 1"}, rules)


@pytest.mark.parametrize(
    "record", [_licensed("Foo-1"), _licensed("Old"), _licensed("MIT", f={"license_ids": ["Old"]})]
)
def test_a_new_conclusion_with_an_unknown_or_deprecated_licence_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecordError, match=r"Foo-1|Old"):
        check_licenses(record, None, ReviewRules(licenses={"MIT": False, "Old": True}))


def test_where_no_licence_is_known_none_may_be_named() -> None:
    check_licenses(_licensed("MIT"), None, ReviewRules(licenses=None))
    with pytest.raises(InvalidRecordError, match="MIT"):
        check_licenses(_licensed("MIT"), None, ReviewRules(licenses={}))


def test_a_conclusion_that_is_there_already_passes_with_a_deprecated_licence() -> None:
    rules = ReviewRules(licenses={"MIT": False, "Old": True})
    stored = _licensed("Old", f={"license_ids": ["Old"]})

    check_licenses(stored, stored, rules)
    check_licenses(_licensed("Old", f={"license_ids": ["MIT"]}), stored, rules)
    with pytest.raises(InvalidRecordError, match="deprecated"):
        check_licenses(_licensed("Old", g={"license_ids": ["Old"]}), stored, rules)


def test_a_conclusion_stays_the_same_when_its_empty_fields_are_written_out() -> None:
    rules = ReviewRules(licenses={"Old": True})
    written_out = _licensed("Old")
    written_out["licensing"] |= {"obligations": [], "notes": None, "files": {}}

    check_licenses(written_out, _licensed("Old"), rules)
    check_licenses(_licensed("Old"), written_out, rules)
