"""Groups of text models that are read again after a change: as if read for the first time."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.catalog.snapshot import CategorySnapshot, StoredRecord, build_snapshot
from horde_model_reference.catalog.text_groups import TextGroups, read_text_groups
from horde_model_reference.catalog.text_health import groups_health
from horde_model_reference.catalog.text_summary import groups_summary
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.text_aliases import GroupAliases
from horde_model_reference.domain.text_directory import NO_DIRECTORY, TextDirectory
from horde_model_reference.domain.text_families import GroupFamilies

_NAMES = ("Alpha-7B", "koboldcpp/Alpha-7B", "author/Alpha-13B-Instruct", "Beta-8x7B", "beta", "Gamma-1B-Q4")
_SAID = TextDirectory(
    aliases=GroupAliases({"Alpha": ("Alfa",)}), families=GroupFamilies({"Greek": ("Beta", "Gamma")})
)

Records = dict[str, dict[str, Any]]


def records() -> st.SearchStrategy[Records]:
    """Give text records, few enough that two draws have some in common, in any order."""
    fields = st.fixed_dictionaries(
        {},
        optional={
            "text_model_group": st.sampled_from(["Alpha", "alpha", "Alfa", "Beta", "", None]),
            "baseline": st.sampled_from(["llama", " llama ", "mistral", ""]),
            "nsfw": st.sampled_from([True, False, None]),
            "description": st.sampled_from(["told", ""]),
        },
    )
    return st.dictionaries(st.sampled_from(_NAMES), fields)


def a_snapshot(told: Records, *, revision: int = 1) -> CategorySnapshot:
    stored = [
        StoredRecord(name=name, document=orjson.dumps({"name": name, **fields}))
        for name, fields in told.items()
    ]
    return build_snapshot(Category.text_generation, stored, revision=revision, modified_at=1)


def all_figures(groups: TextGroups, directory: TextDirectory) -> bytes:
    """Return everything that is told of groups."""
    told = (list(groups), groups.ungrouped, groups_summary(groups, directory), groups_health(groups))
    return orjson.dumps(told, default=repr)


@pytest.mark.parametrize("directory", [NO_DIRECTORY, _SAID], ids=["nothing said", "aliases and families"])
@given(revisions=st.lists(records(), min_size=2, max_size=5))
def test_groups_read_after_changes_are_those_read_at_once(
    directory: TextDirectory, revisions: list[Records]
) -> None:
    groups = read_text_groups(None)
    for told in revisions:
        groups = read_text_groups(a_snapshot(told), before=groups)
        all_figures(groups, directory)

    assert all_figures(groups, directory) == all_figures(
        read_text_groups(a_snapshot(revisions[-1])), directory
    )


def test_only_the_groups_of_changed_records_are_made_anew() -> None:
    told: Records = {
        "Alpha-7B": {"text_model_group": "Alpha"},
        "Alpha-13B": {"text_model_group": "Alpha"},
        "Beta-7B": {"text_model_group": "Beta"},
    }
    before = read_text_groups(a_snapshot(told))
    told["Beta-7B"] = {"text_model_group": "Beta", "description": "told"}

    after = read_text_groups(a_snapshot(told, revision=2), before=before)

    assert [new is old for new, old in zip(after, before, strict=True)] == [True, False]
