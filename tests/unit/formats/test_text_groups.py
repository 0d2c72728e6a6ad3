"""Groups of text models: name formats, and the summaries of version 1."""

import json
from typing import Any

import pytest
from shared_data import shared_path

from horde_model_reference.formats.text_groups import NameFormat, infer_name_format, with_groups
from horde_model_reference.formats.text_names import suggested_group


@pytest.mark.parametrize(
    ("names", "separator", "part_order", "author", "template"),
    [
        (
            ["A/Llama-3-8B-Instruct", "A/Llama-3-70B", "A/Llama-3-8B-Instruct-Q4_K_M"],
            "-",
            ("base", "size", "variant", "quant"),
            "A",
            "{author}/{base}-{size}-{variant}-{quant}",
        ),
        (
            ["A/X-7B", "B/X_13B_Chat"],
            "_",
            ("base", "size", "variant"),
            None,
            "{author}/{base}_{size}_{variant}",
        ),
        (["c4ai-command-r-08-2024"], "-", ("base", "extra:DATE"), None, "{base}-{extra:DATE}"),
        (
            ["4.2.0-Broken-Tutu-24B"],
            "-",
            ("extra:LEADING_VERSION", "base", "size"),
            None,
            "{extra:LEADING_VERSION}-{base}-{size}",
        ),
        (
            ["v0.1-Model-7B-Chat"],
            "-",
            ("version", "base", "size", "variant"),
            None,
            "{version}-{base}-{size}-{variant}",
        ),
        (
            ["B/Base-Model-7B-Base"],
            "-",
            ("variant", "base", "size"),
            "B",
            "{author}/{variant}-{base}-{size}",
        ),
        (["Qwen3-30B-A3B"], "-", ("base", "size"), None, "{base}-{size}"),
        (["X"], "-", ("base",), None, "{base}"),
    ],
)
def test_the_name_format_is_that_of_the_richest_name(
    names: list[str], separator: str, part_order: tuple[str, ...], author: str | None, template: str
) -> None:
    found = infer_name_format(names)

    assert (found.separator, found.part_order, found.common_author, found.template) == (
        separator,
        part_order,
        author,
        template,
    )


def test_the_name_format_tells_the_extras_of_all_members() -> None:
    found = infer_name_format(["X-2501", "4.2-X-7B-Chat"])

    assert found.extra_parts == ("DATE", "LEADING_VERSION")


def test_quant_tokens_do_not_count_when_the_separator_is_chosen() -> None:
    assert infer_name_format(["X-7B-Q4_K_M", "X-7B-Q5_K_S"]).separator == "-"


def test_no_names_have_the_default_format() -> None:
    assert infer_name_format([]) == NameFormat(
        separator="-",
        part_order=("base", "size", "variant", "version", "quant"),
        author_included=False,
        common_author=None,
        template="{base}-{size}",
    )


def _entry(**fields: Any) -> dict[str, Any]:
    return {"baseline": "", "description": "", "nsfw": False, "tags": [], **fields}


def test_a_group_is_summed_up_over_its_models() -> None:
    entries = {
        "A/Big-70B": _entry(baseline="Llama", tags=["70B"], nsfw=True),
        "aphrodite/A/Big-70B": _entry(baseline="Llama", tags=["70B"], nsfw=True),
        "koboldcpp/Big-70B": _entry(baseline="Llama", tags=["70B"], nsfw=True),
        "A/Big-7B-Q4_K_M": _entry(description="small", tags=["7B", "chat"]),
    }

    grouped = with_groups(entries)

    assert [entry["text_model_group"] for entry in grouped.values()] == ["Big"] * 4
    assert grouped["koboldcpp/Big-70B"]["text_model_group_summary"] == {
        "member_count": 2,
        "available_sizes": ["7B", "70B"],
        "available_quants": ["Q4_K_M"],
        "common_baseline": "Llama",
        "any_nsfw": True,
        "any_has_description": True,
        "merged_tags": ["70B", "7B", "chat"],
        "name_format": {
            "separator": "-",
            "part_order": ["base", "size", "quant"],
            "author_included": True,
            "common_author": "A",
            "template": "{author}/{base}-{size}-{quant}",
        },
    }


def test_several_baselines_in_a_group_are_no_common_baseline() -> None:
    grouped = with_groups({"A/M-7B": _entry(baseline="x"), "A/M-8B": _entry(baseline="y")})

    assert grouped["A/M-7B"]["text_model_group_summary"]["common_baseline"] is None


def test_a_short_duplicate_alone_in_its_group_counts_as_its_member() -> None:
    grouped = with_groups({"a/b/Deep-7B": _entry(), "koboldcpp/b": _entry()})

    assert grouped["koboldcpp/b"]["text_model_group"] == "b"
    assert grouped["koboldcpp/b"]["text_model_group_summary"]["member_count"] == 1


_SUMMARY = "text_model_group_summary"
_COUNTED_WITHOUT_DUPLICATES = ("member_count", "name_format")


def _without_groups(entry: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in entry.items() if not field.startswith("text_model_group")}


def _as_compared(entry: dict[str, Any]) -> str:
    summary = {
        field: None if field in _COUNTED_WITHOUT_DUPLICATES else value
        for field, value in entry[_SUMMARY].items()
    }
    return json.dumps({**entry, _SUMMARY: summary})


def _touched_groups(recorded: dict[str, dict[str, Any]]) -> set[str]:
    """Return the groups that a model has come to or gone from, and those with a size out of an author."""
    groups = {key: (entry["text_model_group"], suggested_group(key)) for key, entry in recorded.items()}
    moved = {group for before, after in groups.values() if before != after for group in (before, after)}
    return moved | {
        entry["text_model_group"] for entry in recorded.values() if "0K" in entry[_SUMMARY]["available_sizes"]
    }


def test_the_recorded_groups_are_told_as_recorded() -> None:
    path = shared_path("golden", "v1", "text_generation.include_group.json")
    recorded: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))

    ours = with_groups({key: _without_groups(entry) for key, entry in recorded.items()})

    assert list(ours) == list(recorded)
    touched = _touched_groups(recorded)
    others = [key for key in recorded if recorded[key]["text_model_group"] not in touched]
    assert len(others) > 1750
    assert [_as_compared(ours[key]) for key in others] == [_as_compared(recorded[key]) for key in others]


def test_models_with_experts_are_in_the_group_of_their_family() -> None:
    names = ["mistralai/Mixtral-8x7B-Instruct-v0.1", "mistralai/Mixtral-8x22B-Instruct-v0.1"]

    grouped = with_groups({name: _entry() for name in names})

    assert {entry["text_model_group"] for entry in grouped.values()} == {"Mixtral"}
    assert grouped[names[0]][_SUMMARY]["available_sizes"] == ["8X7B", "8X22B"]
