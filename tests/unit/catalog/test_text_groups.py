"""Groups of text models: their figures, what is odd about them, and families that they may be."""

import json
from typing import Any

import orjson
import pytest
from listed_differences import is_listed, listed_cases
from shared_data import shared_path

from horde_model_reference.catalog.snapshot import CategorySnapshot, StoredRecord, build_snapshot
from horde_model_reference.catalog.text_families import suggest_families
from horde_model_reference.catalog.text_group_detail import GroupDetail, common_fields, group_detail
from horde_model_reference.catalog.text_groups import (
    TextGroups,
    distinct_baselines,
    read_member_documents,
    read_text_groups,
    resolved_group_names,
)
from horde_model_reference.catalog.text_health import group_issues, groups_health
from horde_model_reference.catalog.text_summary import groups_summary
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.text_aliases import NO_ALIASES, GroupAliases
from horde_model_reference.domain.text_directory import NO_DIRECTORY, TextDirectory
from horde_model_reference.domain.text_families import GroupFamilies
from horde_model_reference.domain.text_group_schema import TextModelGroupNameSchema


def a_record(**fields: Any) -> dict[str, Any]:
    told = {"description": "told", "baseline": "llama", "nsfw": False, "text_model_group": "Alpha"}
    return {"record_type": "text_generation", **told, **fields}


def a_snapshot(records: dict[str, dict[str, Any]]) -> CategorySnapshot:
    stored = [
        StoredRecord(name=name, document=orjson.dumps({"name": name, **record}))
        for name, record in records.items()
    ]
    return build_snapshot(Category.text_generation, stored, revision=1, modified_at=1)


def groups_of(records: dict[str, dict[str, Any]]) -> TextGroups:
    return read_text_groups(a_snapshot(records))


def detail_of(
    records: dict[str, dict[str, Any]], name: str = "Alpha", directory: TextDirectory = NO_DIRECTORY
) -> GroupDetail:
    snapshot = a_snapshot(records)
    group = read_text_groups(snapshot).find(name, directory.aliases)
    assert group is not None
    return group_detail(group, read_member_documents(snapshot, group), directory)


def test_groups_are_those_that_the_records_name_in_order() -> None:
    records = {
        "B-7B": a_record(text_model_group="zeta"),
        "A-7B": a_record(text_model_group="Alpha"),
        "C-7B": a_record(text_model_group=""),
        "D-7B": a_record(text_model_group=None),
    }

    groups = groups_of(records)

    assert [group.name for group in groups] == ["Alpha", "zeta"]
    assert [member.name for member in groups.ungrouped] == ["C-7B", "D-7B"]


def test_groups_that_differ_in_case_are_one_named_as_most_write_it() -> None:
    records = {
        "a-6B": a_record(text_model_group="OPT-nerys"),
        "A-13B": a_record(text_model_group="OPT-Nerys"),
        "A-350M": a_record(text_model_group="OPT-Nerys"),
    }

    (group,) = groups_of(records)

    assert (group.name, len(group.members)) == ("OPT-Nerys", 3)


def test_a_group_is_found_by_any_case_and_by_an_alias() -> None:
    groups = groups_of({"A-7B": a_record()})
    aliases = GroupAliases({"Alpha": ("Alfa",)})

    found = [groups.find(name, aliases) for name in ("Alpha", "alpha", "Alfa", "Beta")]

    assert [group and group.name for group in found] == ["Alpha", "Alpha", "Alpha", None]


def test_an_alias_that_is_a_group_itself_is_found_as_that() -> None:
    groups = groups_of({"A-7B": a_record(), "B-7B": a_record(text_model_group="Alfa")})

    found = groups.find("Alfa", GroupAliases({"Alpha": ("Alfa",)}))

    assert found is not None
    assert found.name == "Alfa"


@pytest.mark.parametrize(
    ("records", "issues"),
    [
        ([a_record()], ["singleton_group"]),
        ([a_record(), a_record()], []),
        ([a_record(), a_record(baseline="mistral")], ["inconsistent_baseline"]),
        ([a_record(), a_record(baseline=" ")], ["missing_baseline"]),
        ([a_record(), a_record(baseline=7)], ["missing_baseline"]),
        ([a_record(), a_record(nsfw=True)], ["inconsistent_nsfw"]),
        ([a_record(), a_record(description="")], ["missing_description"]),
        (
            [a_record(nsfw=True, baseline="", description=None)],
            ["singleton_group", "missing_baseline", "missing_description"],
        ),
    ],
)
def test_issues_are_told_in_a_fixed_order(records: list[dict[str, Any]], issues: list[str]) -> None:
    (group,) = groups_of({f"A-{number}B": record for number, record in enumerate(records)})

    assert [issue.issue_type for issue in group_issues(group)] == issues


def test_duplicates_under_backend_names_have_no_part_in_the_issues() -> None:
    (group,) = groups_of({"O/A-7B": a_record(), "koboldcpp/A-7B": a_record(baseline="", nsfw=True)})

    assert [issue.issue_type for issue in group_issues(group)] == ["singleton_group"]


def test_the_summary_tells_what_is_said_about_a_group() -> None:
    groups = groups_of(
        {
            "O/A-13B": a_record(),
            "O/A-7B": a_record(),
            "koboldcpp/A-7B": a_record(),
            "Beta-70B": a_record(text_model_group="Beta"),
        }
    )
    directory = TextDirectory(
        aliases=GroupAliases({"Alpha": ("Beta",)}),
        families=GroupFamilies({"Greek": ("Alpha",)}),
        schemas={"Alpha": TextModelGroupNameSchema()},
    )

    summary = groups_summary(groups, directory)

    alpha, beta = summary.groups
    assert (alpha.canonical_count, alpha.backend_duplicate_count) == (2, 1)
    assert (alpha.available_sizes, alpha.aliases, alpha.family_name) == (["7B", "13B"], ["Beta"], "Greek")
    assert (beta.alias_canonical, beta.has_custom_schema) == ("Alpha", True)
    assert (summary.total_models, summary.groups_with_aliases, summary.groups_with_families) == (4, 2, 1)


def test_a_group_shows_the_parts_of_its_names_and_how_often_they_occur() -> None:
    records = {
        "O/A-7B-Chat": a_record(),
        "O/A-7B-Q4": a_record(),
        "O/A-70B": a_record(),
        "koboldcpp/A-7B-Chat": a_record(),
    }

    detail = detail_of(records)

    assert detail.available_sizes == ["7B", "70B"]
    assert detail.available_variants == [None, "Chat"]
    assert detail.available_quants == [None, "Q4"]
    assert detail.available_versions == [None]
    assert (detail.size_usage, detail.variant_usage, detail.quant_usage) == (
        {"7B": 2, "70B": 1},
        {"Chat": 1},
        {"Q4": 1},
    )
    assert (detail.canonical_count, detail.backend_duplicate_count) == (3, 1)


def test_members_are_shown_with_their_backend_and_without_it() -> None:
    detail = detail_of(
        {"O/A-7B": a_record(instruct_format="ChatML", parameters=7), "koboldcpp/A-7B": a_record()}
    )

    canonical, duplicate = detail.members
    assert (canonical.parsed.base_name, canonical.parsed.size, canonical.parameters) == ("A", "7B", 7)
    assert (canonical.backend_prefix, duplicate.backend_prefix) == (None, "koboldcpp")
    assert canonical.guidance == {
        "status": "legacy_label",
        "primary_profile_id": None,
        "supplemental_profile_ids": [],
    }
    assert duplicate.guidance is None
    assert detail.guidance_coverage == {"published": 0, "legacy_label": 1, "undocumented": 0}


def test_common_fields_are_equal_and_not_null_in_every_canonical_member() -> None:
    records = [
        a_record(tags=[], style="x", url=None, instruct_format="ChatML"),
        a_record(tags=[], style="y", url=None),
    ]

    assert common_fields(records) == {
        "baseline": "llama",
        "description": "told",
        "nsfw": False,
        "tags": [],
    }


def test_a_saved_schema_takes_the_place_of_the_inferred_format_also_by_an_alias() -> None:
    directory = TextDirectory(
        aliases=GroupAliases({"Omega": ("Alpha",)}),
        schemas={"Omega": TextModelGroupNameSchema(separator="_", part_order=["base"])},
    )

    detail = detail_of({"O/A-7B": a_record()}, directory=directory)

    assert (detail.name_format.separator, detail.name_schema_is_custom) == ("_", True)
    assert detail_of({"O/A-7B": a_record()}).name_format.template == "{author}/{base}-{size}"


def test_exceptions_and_the_family_of_a_group_are_told() -> None:
    directory = TextDirectory(families=GroupFamilies({"Greek": ("Alpha", "Beta")}))

    detail = detail_of({"A-8x7B": a_record(name_schema_exception="moe size")}, directory=directory)

    assert [(each.name, each.reason) for each in detail.exception_members] == [("A-8x7B", "moe size")]
    assert detail.related_family is not None
    assert detail.related_family.members == ["Alpha", "Beta"]


@pytest.mark.parametrize(
    ("groups", "min_family_size", "families"),
    [
        (
            [
                "Mistral",
                "Mistral-Large",
                "Mistral-Small",
                "Llama-2",
                "Llama-3",
                "Llama-3-Lumi",
                "Llama-3-Lumi-X",
            ],
            2,
            {
                "Llama": ["Llama-2", "Llama-3"],
                "Llama-3": ["Llama-3-Lumi", "Llama-3-Lumi-X"],
                "Mistral": ["Mistral-Large", "Mistral-Small"],
            },
        ),
        (
            ["c4ai-command-r", "c4ai-command-r-plus", "c4ai-command-a"],
            2,
            {"c4ai-command": ["c4ai-command-a", "c4ai-command-r", "c4ai-command-r-plus"]},
        ),
        (
            ["Llama-3-A-x", "Llama-3-A-y", "Llama-3-B", "Llama-2"],
            3,
            {"Llama-3": ["Llama-3-A-x", "Llama-3-A-y", "Llama-3-B"]},
        ),
        (["AB-1", "AB-2"], 2, {}),
    ],
)
def test_groups_that_begin_alike_may_be_a_family(
    groups: list[str], min_family_size: int, families: dict[str, list[str]]
) -> None:
    found = suggest_families(groups, min_prefix_length=3, min_family_size=min_family_size)

    assert {family.family_name: family.members for family in found.suggestions} == families
    assert found.groups_in_families + found.standalone_groups == found.total_groups_analyzed


def test_families_are_looked_for_among_the_groups_that_are_shown() -> None:
    groups = groups_of(
        {
            "A-7B": a_record(),
            "B-7B": a_record(text_model_group="Alfa"),
            "Gamma-Ray-7B": a_record(text_model_group=None),
        }
    )

    names = resolved_group_names(groups, GroupAliases({"Alpha": ("Alfa",)}))

    assert names == ["Alpha", "Gamma-Ray"]


# The recorded answers


_MERGED = {"OPT-Nerys", "OPT-nerys"}
"""One group here."""


@pytest.fixture(scope="module")
def recorded_groups() -> TextGroups:
    path = shared_path("golden", "v2", "text_generation.json")
    records: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return read_text_groups(a_snapshot(records))


def _recorded(name: str) -> Any:
    return json.loads(shared_path("golden", "misc", f"{name}.json").read_text(encoding="utf-8"))


def _touched(groups: TextGroups) -> set[str]:
    """Return the groups with a name that is understood differently from the recording."""
    listed = listed_cases("text-names/")
    return {group.name for group in groups if any(is_listed(member.name, listed) for member in group.members)}


def _without_merged(items: list[Any]) -> list[Any]:
    return [item for item in items if item["group_name"] not in _MERGED]


def test_the_recorded_groups_are_listed(recorded_groups: TextGroups) -> None:
    recorded = _recorded("v2_text_groups")["groups"]

    assert [group.name for group in recorded_groups] == [each for each in recorded if each != "OPT-nerys"]


def test_the_recorded_groups_are_summed_up_as_recorded(recorded_groups: TextGroups) -> None:
    recorded = _recorded("v2_text_groups_summary")

    ours = json.loads(orjson.dumps(groups_summary(recorded_groups, NO_DIRECTORY)))

    groups, told = _without_merged(ours.pop("groups")), _without_merged(recorded.pop("groups"))
    touched = _touched(recorded_groups)
    sizes = [(each.pop("group_name"), each.pop("available_sizes")) for each in groups]
    recorded_sizes = [(each.pop("group_name"), each.pop("available_sizes")) for each in told]
    assert groups == told
    assert {name for name, _ in sizes} == {name for name, _ in recorded_sizes}
    assert [each for each in sizes if each[0] not in touched] == [
        each for each in recorded_sizes if each[0] not in touched
    ]
    assert len(touched) < len(groups) / 4
    assert ours == {**recorded, "total_groups": 418, "groups_with_issues": 417}


def test_the_recorded_groups_have_the_recorded_issues(recorded_groups: TextGroups) -> None:
    recorded = _recorded("v2_text_groups_health")

    ours = json.loads(orjson.dumps(groups_health(recorded_groups)))

    assert _without_merged(ours["issues"]) == _without_merged(recorded["issues"])
    assert ours["issue_counts_by_type"] == {
        "singleton_group": 311,
        "missing_baseline": 359,
        "missing_description": 340,
        "inconsistent_baseline": 7,
    }


def test_the_recorded_groups_may_be_the_recorded_families(recorded_groups: TextGroups) -> None:
    recorded = _recorded("v2_text_families_detect")
    names = resolved_group_names(recorded_groups, NO_ALIASES)

    ours = json.loads(orjson.dumps(suggest_families(names, min_prefix_length=3, min_family_size=2)))

    others = [each for each in recorded["suggestions"] if each["family_name"] != "OPT"]
    assert [each for each in ours["suggestions"] if each["family_name"] != "OPT"] == others
    assert ours["total_groups_analyzed"] == 418


def test_the_baselines_are_told_once_each() -> None:
    groups = groups_of(
        {"A": a_record(), "B": a_record(baseline=" x "), "C": a_record(text_model_group=None, baseline="y")}
    )

    assert distinct_baselines(groups) == ["llama", "x", "y"]
