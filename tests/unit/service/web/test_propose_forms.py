"""Forms ask for every field of every record type, and give back the document that they were filled from."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import InvalidRequestError
from horde_model_reference.domain.record_types import MODEL_RECORD_TYPE_LOOKUP
from horde_model_reference.domain.validation import to_document, validate_document
from horde_model_reference.service.web.propose.form_fields import (
    NOT_ASKED,
    Field,
    Group,
    InputKind,
    Node,
    Rows,
    form_of,
)
from horde_model_reference.service.web.propose.form_values import fill_form, read_form
from horde_model_reference.service.web.propose.submitted import MAX_ROWS, Submitted

CATEGORIES = [str(category) for category in Category]


def all_nodes(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    here = f"{path}.{node.name}".strip(".")
    yield here, node
    if isinstance(node, Group):
        for member in node.members:
            yield from all_nodes(member, here)
    elif isinstance(node, Rows):
        if node.key is not None:
            yield f"{here}.key", node.key
        yield from all_nodes(node.item, f"{here}.*")


def fields_in_schema(schema: dict[str, Any], root: dict[str, Any], path: str = "") -> Iterator[str]:
    """Return the paths of all fields below a JSON schema, as another witness than the code under test."""
    if "$ref" in schema:
        yield from fields_in_schema(root["$defs"][schema["$ref"].rpartition("/")[2]], root, path)
    for part in schema.get("anyOf", ()):
        yield from fields_in_schema(part, root, path)
    for name, part in schema.get("properties", {}).items():
        here = f"{path}.{name}".strip(".")
        yield here
        yield from fields_in_schema(part, root, here)
    for inside in ("items", "additionalProperties"):
        if isinstance(part := schema.get(inside), dict):
            keys = (
                root["$defs"][names["$ref"].rpartition("/")[2]]["enum"]
                if "$ref" in (names := schema.get("propertyNames", {}))
                else names.get("enum", ["*"])
            )
            for key in keys if inside == "additionalProperties" else ["*"]:
                yield from fields_in_schema(part, root, f"{path}.{key}")


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_form_asks_for_every_field_of_the_record_type(category: str) -> None:
    record_type: type[BaseModel] = MODEL_RECORD_TYPE_LOOKUP[category]
    schema = record_type.model_json_schema(by_alias=True, mode="validation")

    asked = {path for path, _ in all_nodes(form_of(category))}

    wanted = {path for path in fields_in_schema(schema, schema) if path.partition(".")[0] not in NOT_ASKED}
    assert wanted - asked == set()
    assert len(wanted) > 40


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_field_has_a_label_and_help(category: str) -> None:
    bare = [path for path, node in all_nodes(form_of(category)) if path and not (node.label and node.help)]

    assert [path for path in bare if not path.endswith("*")] == []


def test_fields_are_asked_for_with_inputs_that_fit_them() -> None:
    kinds = {
        path: node.kind
        for category in CATEGORIES
        for path, node in all_nodes(form_of(category))
        if isinstance(node, Field)
    }

    assert kinds["nsfw"] is InputKind.yes_no
    assert kinds["parameters"] is InputKind.number
    assert kinds["tags"] is InputKind.lines
    assert kinds["description"] is InputKind.long_text
    assert kinds["config.download.*.file_url"] is InputKind.url
    assert kinds["licensing.commercial_use"] is InputKind.choice
    assert kinds["licensing.obligations"] is InputKind.choices
    assert kinds["licensing.files.*.evidence.*.checked_at"] is InputKind.date
    assert kinds["requirements.*.value"] is InputKind.setting


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        "",
        " ",
        "a\r\nb",
        "a\nb",
        " padded ",
        "\ttab",
        "1",
        "true",
        "null",
        "[1]",
        '"x"',
        "<script>",
        "é\u2028x",
    ]
)
words = st.text("abcdefgh-. ", min_size=1, max_size=8).map(str.strip).filter(bool)
numbers = st.integers(-(2**63), 2**64 - 1)
links = st.sampled_from(["https://a.example/", "http://b.example/x?y=%20#z"])
settings = st.dictionaries(
    texts,
    st.one_of(
        numbers,
        st.floats(allow_nan=False, allow_infinity=False),
        texts,
        st.booleans(),
        st.lists(numbers, max_size=3),
        st.lists(texts, max_size=3),
    ),
    max_size=4,
)


def optional(**fields: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {name: strategy | st.none() for name, strategy in fields.items()}


def objects(
    required: dict[str, st.SearchStrategy[Any]], others: dict[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=others)


sources = st.lists(objects({"url": links}, optional(title=texts, note=texts)), max_size=2)
claims = objects(
    {"status": st.sampled_from(["supported", "unsupported", "unknown"])},
    {"sources": sources, **optional(qualification=texts)},
)
permissions = st.sampled_from(["allowed", "allowed_with_conditions", "prohibited", "unknown"])
days = st.dates().map(str)
about_licences = {
    "obligations": st.lists(st.sampled_from(["attribution", "share_alike", "other"]), max_size=3),
    "evidence": st.lists(
        objects({"source": texts.filter(bool)}, optional(description=texts, checked_at=days)), max_size=2
    ),
    **optional(attribution=texts, reviewed_by=texts, reviewed_at=days, notes=texts),
}
conclusions = objects(
    {
        "license_expression": st.just("MIT OR Apache-2.0"),
        "license_ids": st.permutations(["MIT", "Apache-2.0"]),
        "commercial_use": permissions,
        "redistribution": permissions,
    },
    about_licences,
)
downloads = objects(
    {"file_name": texts, "file_url": texts},
    {
        "sha256sum": texts | st.just("a" * 64),
        "extra": texts,
        **optional(
            content_hash=texts, file_purpose=texts, known_slow_download=st.booleans(), size_bytes=numbers
        ),
    },
)
OTHERS: dict[str, st.SearchStrategy[Any]] = {
    "metadata": objects({}, {"schema_version": texts, **optional(created_at=numbers, updated_by=texts)}),
    "model_classification": st.just({"domain": "image", "purpose": "generation"}),
    "control_types": st.lists(texts, max_size=3),
    "preprocessors": st.lists(texts, max_size=3),
}
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "description": texts,
    "version": texts,
    "finetune_series": objects({"name": texts}, optional(version=texts, author=texts, homepage=texts)),
    "size_on_disk_bytes": numbers,
    "unknown to the form": st.recursive(
        texts | numbers | st.none(), lambda inner: st.lists(inner, max_size=2)
    ),
    "inpainting": st.booleans(),
    "optimization": texts,
    "tags": st.lists(texts, max_size=4),
    "showcases": st.lists(texts, max_size=3),
    "min_bridge_version": numbers,
    "trigger": st.lists(texts, max_size=3),
    "homepage": texts,
    "style": st.sampled_from(["anime", " furry "]),
    "requirements": settings,
    "settings": settings,
    "display_name": texts,
    "url": texts,
    "instruct_format": texts,
    "text_model_group": texts,
    "context_window": objects(
        {"maximum_tokens": st.integers(1, 2**31)}, {"sources": sources, **optional(qualification=texts)}
    ),
    "interaction_modes": st.dictionaries(st.sampled_from(["completion", "instruction", "chat"]), claims),
    "capabilities": st.dictionaries(st.sampled_from(["tool_calling", "structured_output"]), claims),
    "controlnet_style": texts,
    "pretrained_name": texts,
}


@st.composite
def records(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Return a category and a document that is a valid record of it."""
    category = draw(st.sampled_from(CATEGORIES))
    files = draw(st.lists(downloads, max_size=3))
    config = objects(
        {"download": st.just(files)}, {**optional(embedded_component_hashes=st.dictionaries(texts, texts))}
    )
    names = [file["file_name"] for file in files]
    per_file = st.dictionaries(st.sampled_from(names), conclusions) if names else st.just({})
    licensing = st.builds(
        lambda conclusion, files: conclusion | files, conclusions, objects({}, {"files": per_file})
    )
    record = draw(
        objects(
            {
                "name": texts,
                "baseline": texts,
                "nsfw": st.booleans(),
                "parameters": numbers,
                "config": config,
            },
            {**OTHERS, **optional(**OPTIONAL, licensing=licensing)},
        )
    )
    return category, record


def sent(submitted: Submitted) -> Submitted:
    """Send a form as a browser does: line ends as CR LF, and everything as UTF-8."""
    pairs = [(name, text.replace("\n", "\r\n")) for name, text in submitted.pairs()]
    return Submitted.checked(parse_qsl(urlencode(pairs), keep_blank_values=True, errors="strict"))


@given(records())
def test_a_form_gives_back_the_record_that_it_was_filled_from(
    given_record: tuple[str, dict[str, Any]],
) -> None:
    category, document = given_record
    form = form_of(category)
    stored = to_document(validate_document(category, document))

    for filled_from in (document, stored):
        reading = read_form(form, sent(fill_form(form, filled_from)))

        assert json.dumps(reading.document, sort_keys=True) == json.dumps(filled_from, sort_keys=True)
        assert reading.problems == ()


@pytest.mark.parametrize("value", ["", "karras", "0.5", "7", "true", '["a", "b"]', "[1, 2]", "NaN", "1e999"])
def test_a_setting_is_a_number_a_truth_value_a_list_or_a_word(value: str) -> None:
    form = form_of("image_generation")
    pairs = [("requirements.0._key", "x"), ("requirements.0.value", value)]

    read = read_form(form, Submitted(pairs)).document.get("requirements", {}).get("x")

    expected = {"": None, "0.5": 0.5, "7": 7, "true": True, '["a", "b"]': ["a", "b"], "[1, 2]": [1, 2]}
    assert read == expected.get(value, value)


def test_what_is_changed_counts_and_what_goes_along_unseen_stays() -> None:
    form = form_of("esrgan")
    document = {"name": "Up", "description": "", "config": {"download": [{"file_name": "a", "x": 1}]}, "y": 2}
    pairs = dict(fill_form(form, document).pairs())

    pairs |= {"description": "Sharp", "config.download.0.file_name": "b"}

    assert read_form(form, Submitted(pairs.items())).document == {
        "name": "Up",
        "description": "Sharp",
        "config": {"download": [{"file_name": "b", "x": 1}]},
        "y": 2,
    }


def test_rows_that_are_left_empty_are_no_files() -> None:
    form = form_of("esrgan")
    names = ["config.download.0.file_name", "config.download.7.file_name", "config.download.9.file_name"]

    reading = read_form(form, Submitted(zip(names, ["a.pth", " ", "b.pth"], strict=True)))

    assert [file["file_name"] for file in reading.document["config"]["download"]] == ["a.pth", "b.pth"]
    assert reading.place_of(("config", "download", 1, "file_name")) == "config.download.9.file_name"
    assert reading.place_of(("config", "download", 1, "surprise")) == "config.download.9"


def test_an_entry_without_a_name_or_with_that_of_another_is_a_problem() -> None:
    form = form_of("image_generation")
    pairs = [
        ("requirements.0._key", "clip_skip"),
        ("requirements.0.value", "2"),
        ("requirements.1.value", "3"),
        ("requirements.2._key", "clip_skip"),
        ("requirements.2.value", "4"),
        ("requirements.3._key", "cfg_scale"),
    ]

    reading = read_form(form, Submitted(pairs))

    assert [problem.message for problem in reading.problems] == [
        "needs a name",
        "'clip_skip' is there twice",
        "'cfg_scale' has no value",
    ]
    assert reading.document["requirements"] == {"clip_skip": 2}


@pytest.mark.parametrize("rest", ["{", "[]", "NaN", '{"a": 1, "a": 2}', '{"a": NaN}', "[" * 9_999])
def test_what_goes_along_unseen_is_a_problem_when_it_was_tampered_with(rest: str) -> None:
    reading = read_form(form_of("esrgan"), Submitted([("_rest", rest), ("name", "Up")]))

    assert reading.document == {"name": "Up"}
    assert "can't be read" in reading.problems[0].message


def test_rows_can_be_added_and_removed() -> None:
    form = form_of("esrgan")
    submitted = fill_form(
        form, {"name": "Up", "config": {"download": [{"file_name": "a"}, {"file_name": "b"}]}}
    )

    longer = submitted.with_row("config.download")
    shorter = longer.without("config.download.0")

    assert longer.rows("config.download") == [0, 1, 2]
    assert read_form(form, longer).document == read_form(form, submitted).document
    assert read_form(form, shorter).document["config"] == {"download": [{"file_name": "b"}]}


def test_a_list_has_an_end() -> None:
    pairs = [(f"config.download.{number}.file_name", "a") for number in range(MAX_ROWS + 1)]

    with pytest.raises(InvalidRequestError, match=r"config\.download has more than 500 rows"):
        Submitted.checked(pairs)


@given(
    st.lists(
        st.tuples(
            texts | st.sampled_from(["config", "config.download", "name.0.x", "tags.0", "_rest"]), texts
        )
    )
)
def test_any_inputs_can_be_read(pairs: list[tuple[str, str]]) -> None:
    for category in ("image_generation", "text_generation"):
        read_form(form_of(category), Submitted.checked(pairs))
