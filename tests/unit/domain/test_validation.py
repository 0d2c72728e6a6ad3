import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_data import shared_path

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.registries import Registries
from horde_model_reference.domain.validation import (
    check_for_write,
    check_name,
    to_document,
    validate_document,
)

A_SUM = "0d79b3b7c41478b5fe55c35b73ca6f3525a09708289371c6c0fac641e588287e"

texts = st.text(max_size=12)
numbers = st.integers(min_value=0, max_value=2**50)
lists_of_texts = st.lists(texts, max_size=3)
values = st.one_of(
    st.booleans(), numbers, st.floats(allow_nan=False, allow_infinity=False), texts, lists_of_texts
)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Build documents that have any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


downloads = st.fixed_dictionaries(
    {"file_name": texts, "file_url": texts},
    optional={"sha256sum": st.sampled_from(["FIXME", A_SUM, A_SUM.upper()]), "size_bytes": numbers},
)
common = {
    "description": texts,
    "version": texts,
    "finetune_series": st.fixed_dictionaries({"name": texts}, optional={"author": texts}),
    "metadata": optional(created_at=numbers, created_by=texts),
    "config": st.fixed_dictionaries({"download": st.lists(downloads, max_size=2)}),
    "size_on_disk_bytes": numbers,
}
image_documents = st.fixed_dictionaries(
    {"name": texts, "baseline": st.sampled_from(["SDXL", "flux_1"]), "nsfw": st.booleans()},
    optional=common
    | {
        "inpainting": st.booleans(),
        "tags": st.none() | lists_of_texts,
        "trigger": lists_of_texts,
        "style": st.sampled_from(["anime", " other "]),
        "requirements": st.dictionaries(st.sampled_from(["karras", "clip_skip", "cfg_scale"]), values),
    },
)
claims = st.fixed_dictionaries({"status": st.sampled_from(["supported", "unknown"])})
text_documents = st.fixed_dictionaries(
    {"name": texts, "parameters": numbers},
    optional=common
    | {
        "tags": lists_of_texts,
        "settings": st.dictionaries(texts, values, max_size=3),
        "context_window": st.fixed_dictionaries({"maximum_tokens": st.integers(1, 10**6)}),
        "interaction_modes": st.dictionaries(st.sampled_from(["chat", "completion"]), claims),
    },
)
documents = st.one_of(
    st.tuples(st.just(Category.image_generation), image_documents),
    st.tuples(st.just(Category.text_generation), text_documents),
    st.tuples(
        st.sampled_from([Category.blip, Category.lora, Category.clip]),
        st.fixed_dictionaries({"name": texts}, optional=common),
    ),
)


def an_image_document(**changes: Any) -> dict[str, Any]:
    return {"name": "Deliberate", "baseline": "stable_diffusion_1", "nsfw": True} | changes


def a_text_document(**changes: Any) -> dict[str, Any]:
    return {"name": "acme/Model-7B", "parameters": 7_000_000_000} | changes


def with_download(**changes: Any) -> dict[str, Any]:
    download = {"file_name": "model.safetensors", "file_url": "https://example.org/m"} | changes
    return an_image_document(config={"download": [download]})


def problem_paths(category: str, document: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidRecordError) as caught:
        check_for_write(category, validate_document(category, document))
    return [problem.path for problem in caught.value.problems]


@given(documents)
def test_a_record_survives_being_written_and_read(case: tuple[Category, dict[str, Any]]) -> None:
    category, document = case
    record = validate_document(category, document)

    again = validate_document(category, json.loads(json.dumps(to_document(record))), forbid_extra=True)

    assert again == record
    assert to_document(again) == to_document(record)


@pytest.mark.parametrize("category", list(Category))
def test_every_served_record_is_valid(category: Category) -> None:
    served = json.loads(shared_path("golden", "v2", f"{category}.json").read_bytes())

    for document in served.values():
        record = validate_document(category, document, forbid_extra=True)
        check_for_write(category, record)


@pytest.mark.parametrize("category", list(Category))
def test_a_written_record_says_all_that_was_served(category: Category) -> None:
    served = json.loads(shared_path("golden", "v2", f"{category}.json").read_bytes())

    for document in served.values():
        document.pop("guidance", None)
        written = to_document(validate_document(category, document))
        assert written | {"metadata": written["metadata"] | document["metadata"]} == written
        assert {key: written[key] for key in document if key not in ("config", "metadata")} == {
            key: value for key, value in document.items() if key not in ("config", "metadata")
        }


def test_documents_call_the_parameters_by_their_name_on_the_wire() -> None:
    document = to_document(validate_document("text_generation", a_text_document()))

    assert document["parameters"] == 7_000_000_000
    assert "parameters_count" not in document


def test_documents_hold_no_guidance() -> None:
    record = validate_document("text_generation", a_text_document(guidance={"status": "undocumented"}))

    assert "guidance" not in to_document(record)


def test_documents_hold_defaults_but_no_nulls() -> None:
    assert to_document(validate_document("esrgan", {"name": "x", "description": None})) == {
        "record_type": "esrgan",
        "name": "x",
        "metadata": {"schema_version": "2.1.0"},
        "config": {"download": []},
        "model_classification": {"domain": "image", "purpose": "post_processing"},
    }


def test_an_invalid_document_is_refused_in_one_line_that_names_the_fields() -> None:
    with pytest.raises(InvalidRecordError) as caught:
        validate_document("image_generation", {"name": "Deliberate", "nsfw": "perhaps"})

    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in ("image_generation", "Deliberate", "baseline", "nsfw"))
    assert [problem.location for problem in caught.value.problems] == [("baseline",), ("nsfw",)]


def test_a_long_list_of_problems_is_cut_short() -> None:
    broken: list[dict[str, str]] = [{}] * 10

    with pytest.raises(InvalidRecordError, match="and 15 more") as caught:
        validate_document("blip", {"name": "x", "config": {"download": broken}})

    assert len(caught.value.problems) == 20


def test_given_registries_decide_what_is_known() -> None:
    registries = Registries()
    registries.model_styles.add("cubist")

    record = validate_document("image_generation", an_image_document(style="cubist"), registries=registries)

    assert to_document(record)["style"] == "cubist"


def test_given_registries_may_refuse_unknown_fields() -> None:
    strict = Registries(refuses_unknown_fields=True)

    with pytest.raises(InvalidRecordError, match="colour"):
        validate_document("blip", {"name": "x", "colour": "red"}, registries=strict)


@pytest.mark.parametrize("name", ["", "  ", " x", "x ", "a\\b", "a\nb", "a\x00", "\ud800"])
def test_a_name_that_is_hard_to_address_is_refused(name: str) -> None:
    with pytest.raises(InvalidRecordError):
        check_name(name)


@pytest.mark.parametrize("name", ["ViT-L/14", "acme/Model 7B", "héros", "AlbedoBase XL (SDXL)"])
def test_an_ordinary_name_is_accepted(name: str) -> None:
    check_name(name)


def test_old_records_may_hold_what_new_ones_may_not() -> None:
    record = validate_document("image_generation", an_image_document(name="", size_on_disk_bytes=-1))

    with pytest.raises(InvalidRecordError):
        check_for_write("image_generation", record)


def test_a_record_of_another_type_is_not_written() -> None:
    assert problem_paths("image_generation", an_image_document(record_type="controlnet")) == ["record_type"]


@pytest.mark.parametrize(
    "changes", [{"sha256sum": A_SUM.upper()}, {"sha256sum": "FIXME"}, {"content_hash": A_SUM}]
)
def test_a_whole_or_unknown_sum_is_written(changes: dict[str, Any]) -> None:
    check_for_write("image_generation", validate_document("image_generation", with_download(**changes)))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sha256sum": "abc"}, "sha256sum"),
        ({"sha256sum": ""}, "sha256sum"),
        ({"content_hash": "abc"}, "content_hash"),
        ({"size_bytes": -1}, "size_bytes"),
        ({"file_name": ""}, "file_name"),
        ({"file_name": "/etc/passwd"}, "file_name"),
        ({"file_name": "a/../../b"}, "file_name"),
        ({"file_name": "a\\b"}, "file_name"),
    ],
)
def test_a_faulty_download_is_not_written(changes: dict[str, Any], field: str) -> None:
    assert problem_paths("image_generation", with_download(**changes)) == [f"config.download.0.{field}"]


def test_a_faulty_component_hash_is_not_written() -> None:
    document = an_image_document(config={"embedded_component_hashes": {"vae": "abc"}})

    assert problem_paths("image_generation", document) == ["config.embedded_component_hashes.vae"]


def test_all_problems_are_told_at_once() -> None:
    document = a_text_document(
        name=" x", parameters=0, size_on_disk_bytes=-1, settings={"colour": 1, "top_p": 1}
    )

    assert problem_paths("text_generation", document) == [
        "name",
        "size_on_disk_bytes",
        "parameters",
        "settings.colour",
    ]
